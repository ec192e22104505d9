"""A connection: what its bytes mean, how long they may take, who answers, and how an answer is written."""
