"""`python -m services` is `snp`. Until it is loaded, ^C ends it without a word."""

import signal


def main() -> None:
    """Load the command and run it: what is only being loaded has nothing to undo."""
    # Where whoever started it has it ignore ^C, it goes on to.
    listens = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if listens:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from services.cli import main as run

    if listens:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


if __name__ == "__main__":
    main()
