//! The summary for people, at the end.

use super::live::hardware_error_rate;
use super::numbers;
use super::table::Table;
use crate::miner::{BoardSnapshot, BoardState, PoolSnapshot, PoolState, Snapshot};
use crate::units::printable;

/// The summary for people: totals, one line a board, one line a pool, in at most `width` columns.
pub fn summary_text(snapshot: &Snapshot, width: usize) -> String {
    let mut lines: Vec<String> = totals(snapshot)
        .iter()
        .flat_map(|line| wrapped(line, width))
        .collect();
    if !snapshot.boards.is_empty() {
        lines.push(String::new());
        lines.extend(boards(&snapshot.boards).render(width));
    }
    if !snapshot.pools.is_empty() {
        lines.push(String::new());
        lines.extend(pools(&snapshot.pools).render(width));
    }
    lines.join("\n")
}

/// The line, broken behind commas where it is too long.
fn wrapped(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in line.split_inclusive(", ") {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && last + piece.trim_end().chars().count() > width {
            lines.push(format!("  {piece}"));
        } else if let Some(last) = lines.last_mut() {
            last.push_str(piece);
        }
    }
    lines
        .iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

fn totals(snapshot: &Snapshot) -> Vec<String> {
    let totals = &snapshot.totals;
    let mut lines = vec![
        format!(
            "mined {} at {}",
            numbers::duration(snapshot.uptime),
            snapshot.hashrate
        ),
        format!(
            "shares: {} accepted ({}), {} rejected, {} stale, {} duplicate, {} without a verdict",
            totals.accepted,
            numbers::percent(totals.accepted, totals.shares()),
            totals.rejected,
            totals.stale,
            totals.duplicate,
            totals.unanswered + totals.pending,
        ),
        format!(
            "nonces: {} right, {} hardware errors ({})",
            totals.nonces,
            totals.hardware_errors,
            hardware_error_rate(totals),
        ),
    ];
    if let Some(best) = snapshot.best {
        lines.push(format!("best share: difficulty {best}"));
    }
    if snapshot.blocks > 0 {
        lines.push(format!("*** BLOCKS FOUND: {} ***", snapshot.blocks));
    }
    lines
}

fn boards(boards: &[BoardSnapshot]) -> Table {
    let cells = |cell: fn(&BoardSnapshot) -> String| boards.iter().map(cell).collect();
    Table::default()
        .words(
            0,
            "board",
            cells(|board| format!("{} {}", board.id, board.model)),
        )
        .words(6, "place", cells(|board| printable(&board.place, 60)))
        .numbers(1, "rate", cells(|board| board.hashrate.to_string()))
        .numbers(4, "nominal", cells(|board| board.nominal.to_string()))
        .numbers(
            1,
            "accepted",
            cells(|board| board.counters.accepted.to_string()),
        )
        .numbers(
            5,
            "rejected",
            cells(|board| board.counters.rejected.to_string()),
        )
        .numbers(7, "stale", cells(|board| board.counters.stale.to_string()))
        .numbers(
            8,
            "duplicate",
            cells(|board| board.counters.duplicate.to_string()),
        )
        .numbers(
            2,
            "HW errors",
            cells(|board| board.counters.hardware_errors.to_string()),
        )
        .words(3, "state", cells(board_state))
}

fn board_state(board: &BoardSnapshot) -> String {
    match &board.state {
        BoardState::Resetting(why) | BoardState::Parked(why) => {
            format!("{}: {}", board.state.name(), printable(why, 60))
        }
        state => state.name().to_owned(),
    }
}

fn pools(pools: &[PoolSnapshot]) -> Table {
    let cells = |cell: fn(&PoolSnapshot) -> String| pools.iter().map(cell).collect();
    Table::default()
        .words(0, "pool", cells(|pool| printable(&pool.url, 80)))
        .words(3, "user", cells(|pool| printable(&pool.user, 40)))
        .numbers(
            1,
            "accepted",
            cells(|pool| pool.counters.accepted.to_string()),
        )
        .numbers(
            2,
            "rejected",
            cells(|pool| pool.counters.rejected.to_string()),
        )
        .numbers(4, "stale", cells(|pool| pool.counters.stale.to_string()))
        .numbers(5, "disconnects", cells(|pool| pool.disconnects.to_string()))
        .words(6, "state", cells(pool_state))
}

fn pool_state(pool: &PoolSnapshot) -> String {
    match &pool.state {
        PoolState::Down(why) => format!("down: {}", printable(why, 60)),
        state => state.name().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::live::tests::snapshot;
    use super::*;

    #[test]
    fn long_lines_are_broken_behind_commas() {
        assert_eq!(wrapped("one, two, three", 80), ["one, two, three"]);
        assert_eq!(wrapped("one, two, three", 9), ["one, two,", "  three"]);
        for width in 1..100 {
            let text = summary_text(&snapshot(1), width);
            let words = |text: &str| {
                text.split_whitespace()
                    .take(4)
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            assert_eq!(words(&text), "mined 2m30s at 333");
        }
    }

    #[test]
    fn says_every_number() {
        assert_eq!(
            summary_text(&snapshot(1), 120),
            "mined 2m30s at 333 MH/s
shares: 12 accepted (66.7 %), 1 rejected, 2 stale, 3 duplicate, 0 without a verdict
nonces: 96 right, 4 hardware errors (4.0 %)
best share: difficulty 7.89

board     place      rate   nominal  accepted  rejected  stale  duplicate  HW errors  state
0 icarus  sim0   333 MH/s  380 MH/s        12         1      2          3          4  mining

pool                          user    accepted  rejected  stale  disconnects  state
stratum+tcp://127.0.0.1:3333  worker        12         1      2            0  up"
        );
    }

    #[test]
    fn nothing_mined_is_no_nan() {
        let text = summary_text(&snapshot(0), 80);
        assert!(!text.to_lowercase().contains("nan"), "{text}");
        assert!(text.contains("0 accepted (0 %)"), "{text}");
    }

    #[test]
    fn words_from_outside_are_harmless() {
        let mut evil = snapshot(1);
        evil.boards[0].state = BoardState::Parked("x\x1b[2J\nforged".to_owned());
        evil.pools[0].state = PoolState::Down("y\r\nforged".to_owned());
        let lines = summary_text(&evil, 300);
        assert!(!lines.contains('\x1b') && !lines.contains("\nforged"));
    }
}
