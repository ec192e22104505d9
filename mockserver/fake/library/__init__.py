"""What an account has made and requests name by an id: a thing of a task, such as an element, or a possession."""
