"""What dfui does, for both front ends."""
