"""`python -m services.cli` is `snp`."""

from services.cli import main

main()
