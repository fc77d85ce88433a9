"""Downloads the linked sources of the manifest: the only part that makes connections.

    plan → jobs → downloads (one after the other) → places + record → rows

`web` and `addresses` decide which machines may be reached and how politely, `download` what is
taken, `record` what lies on disk.
"""
