"""The Python package `onerelay`, as it is and as it is installed."""
