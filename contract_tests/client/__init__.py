"""What a client promises, by family; ``mockserver check client`` runs it."""
