"""Every metric there is, with its name, its unit and its meaning; docs/operating.md says what to watch for."""

from collections.abc import Iterator, Mapping
from time import monotonic

from channel.metrics import Family, counter, gauge, histogram, labelled
from channel.watch.watch import Watch


def families(watch: Watch, refused: Mapping[str, int]) -> Iterator[Family]:
    """`refused`: what our server refused before the application, by status."""
    yield from _connections(watch)
    yield from _telling(watch)
    yield from _writing(watch)
    yield from _loop(watch)
    yield from _http(watch, refused)
    yield from _process(watch)


def _connections(watch: Watch) -> Iterator[Family]:
    hub, entrance = watch.live.hub, watch.live.entrance
    tallies = hub.tallies
    kinds = {"ws": 0, "sse": 0} | tallies.open
    yield labelled("channel_connections", "Live connections now.", "kind", kinds)
    yield gauge("channel_connections_limit", "As many there may be here.", entrance.most_open)
    closing = hub.connections() - len(hub.followers)
    yield gauge("channel_connections_closing", "Told goodbye and not gone yet.", closing)
    yield gauge("channel_connections_blocked", "Their sockets take nothing at the moment.", hub.blocked())
    yield gauge("channel_streams", "Streams with listeners here.", len(hub.streams))
    yield gauge("channel_groups", "Groups that get the same bytes.", hub.groups())
    yield gauge("channel_handshakes_waiting", "Waiting for a turn to connect or subscribe.", entrance.waiting)
    yield gauge("channel_handshakes_at_work", "Connecting or subscribing now.", entrance.at_work)
    yield labelled("channel_refused_total", "Live connections refused.", "reason", tallies.refused)
    yield labelled("channel_cuts_total", "Connections cut for not keeping up.", "reason", tallies.cuts)
    yield labelled("channel_closes_total", "Live connections ended.", "code", tallies.closes)
    yield labelled("channel_resumes_total", "Subscriptions, by where they began.", "source", tallies.resumes)


def _telling(watch: Watch) -> Iterator[Family]:
    live, fanout = watch.live, watch.live.hub.fanout
    tallies = live.hub.tallies
    frames = {"event": fanout.events, "note": fanout.notes, "answer": tallies.sent_frames}
    yield labelled("channel_frames_sent_total", "Frames told, for each follower.", "kind", frames)
    sent = fanout.bytes + tallies.sent_bytes
    yield counter("channel_sent_bytes_total", "Bytes of frames sent.", sent)
    yield counter("channel_socket_writes_total", "Writes to sockets of the fan-out.", fanout.writes)
    yield counter("channel_fanout_passes_total", "Passes through a group.", fanout.passes)
    yield histogram("channel_fanout_seconds", "Until all of a group were written to.", fanout.seconds)
    yield counter("channel_fanout_held_seconds_total", "The loop was held by telling.", fanout.pass_s)
    slice_s = fanout.slices.value(monotonic())
    yield gauge("channel_fanout_longest_slice_seconds", "Held at once, in the last minute or two.", slice_s)
    yield counter("channel_history_reads_total", "Reads of the log for who is behind.", live.history.reads)
    yield counter("channel_hints_lost_total", "Streams that only a poll found grown.", live.tail.polled_late)
    bus = watch.bus
    yield gauge("channel_bus_up", "1 while other nodes are heard, or there are none.", int(bus.connected))
    yield gauge("channel_bus_lag_seconds", "From here to NATS and back; 0 alone.", bus.lag_s)


def _writing(watch: Watch) -> Iterator[Family]:
    commits = watch.live.db.engine.commits
    yield gauge("channel_writes_waiting", "Writes that wait for their turn.", commits.waiting)
    yield counter("channel_writes_refused_total", "Writes refused because too many waited.", commits.refused)
    yield histogram("channel_commit_seconds", "From COMMIT until it was durable.", commits.seconds)
    yield histogram("channel_commit_size", "Writes that became durable together.", commits.sizes)
    if watch.jobs:
        yield labelled("channel_jobs", "Jobs in the queue.", "state", watch.jobs)


def _loop(watch: Watch) -> Iterator[Family]:
    lag = watch.lag
    yield histogram("channel_loop_lag_seconds", "How late the event loop was.", lag.seconds)
    peak_s = lag.peak.value(monotonic())
    yield gauge("channel_loop_lag_max_seconds", "The latest of the last minute or two.", peak_s)


def _http(watch: Watch, refused: Mapping[str, int]) -> Iterator[Family]:
    answers = watch.answers
    yield labelled("channel_http_answers_total", "HTTP requests answered.", "status", answers.statuses)
    yield histogram("channel_http_seconds", "How long HTTP answers took.", answers.seconds)
    help_ = "Requests refused before anything looked at them."
    yield labelled("channel_http_refused_total", help_, "status", refused)


def _process(watch: Watch) -> Iterator[Family]:
    process = watch.process
    yield gauge("process_resident_memory_bytes", "Memory in use.", process.memory_bytes)
    yield counter("process_cpu_seconds_total", "Processor time used.", process.cpu_s)
    yield gauge("process_open_fds", "Open files, connections included.", process.open_files)
    yield gauge("process_max_fds", "As many there may be.", process.most_files)
    yield gauge("channel_uptime_seconds", "Since the start.", monotonic() - watch.started_s)
