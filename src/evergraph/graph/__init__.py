"""What a program is: graphs, operations and tensors as pure data. No op is named here."""
