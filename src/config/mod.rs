//! File and flags into checked settings. Opens nothing and connects nowhere.
