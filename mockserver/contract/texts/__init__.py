"""What a text of a request says besides its words: references to what was sent, and the shots of a film."""
