"""The only threads of the package, one kind a file: prefetching, background writing, servers, and single calls.

A thread's exception reaches its caller: at the next frame or write, and at closing at the latest. Closing is legal in
every state and never waits longer than its `patience`.
"""
