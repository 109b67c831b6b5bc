"""`channel` with short deadlines for its clients, so that a test need not wait for the long ones."""

from channel.cli import main
from channel.server import Limits, serve

LIMITS = Limits(header_s=2.0, body_window_s=2.0, linger_s=1.0, write_stall_s=2.0, close_s=1.0, tick_s=0.1)

if __name__ == "__main__":
    assert serve.__kwdefaults__ is not None
    serve.__kwdefaults__["limits"] = LIMITS
    main()
