"""What things are: downloads, credits, outcomes, errors, and the plain values that everything else is built from."""
