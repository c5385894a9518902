"""Which leads are most like those who bought."""
