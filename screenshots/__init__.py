"""The pictures in README.md, and what makes them."""
