"""The user’s side: the library `onerelay.user` and the command `onerelay`."""
