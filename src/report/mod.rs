//! What the miner says: console, log lines, JSON. Reads snapshots and notices; changes nothing.
