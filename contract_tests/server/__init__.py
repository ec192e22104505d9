"""What a server promises, by family; ``mockserver check server`` runs it."""
