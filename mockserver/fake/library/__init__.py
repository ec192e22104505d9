"""What an account has made and requests name by an id, such as its elements. It is among the tasks, nowhere else."""
