"""Tests of the documentation: its pages, its links, its code blocks, and that it says what the code does."""
