//! The live status on a terminal, and the status line where there is none.

use super::numbers;
use super::table::{Table, cut, fitting};
use crate::miner::{
    BoardSnapshot, BoardState, Counters, PoolSnapshot, PoolState, Snapshot, Telemetry,
};
use crate::units::{Hashrate, printable};

/// Rows of the terminal that are left to log lines.
const LOG_ROWS: usize = 4;

/// The live status in at most `width` columns and `height` rows of a terminal, some rows left for log lines. Boards in trouble come first
/// when not all have room.
pub fn live_lines(snapshot: &Snapshot, width: usize, height: usize) -> Vec<String> {
    let room = height.saturating_sub(LOG_ROWS).max(3);
    let mut lines = vec![fitting(&totals(snapshot), width)];
    let pools = pool_lines(snapshot, width);
    let room_for_boards = room.saturating_sub(lines.len());
    lines.extend(board_lines(&snapshot.boards, width, room_for_boards));
    if lines.len() + pools.len() <= room {
        lines.extend(pools);
    } else if lines.len() < room {
        lines.push(cut(&active_pool(snapshot), width));
    }
    lines.truncate(room);
    lines
}

/// What a status line says where no terminal is: rates, shares, the pool.
pub fn status_line(snapshot: &Snapshot) -> String {
    let mut pieces = totals(snapshot);
    pieces.push(active_pool(snapshot));
    pieces.join(", ")
}

/// The totals, most important first.
fn totals(snapshot: &Snapshot) -> Vec<String> {
    let counters = &snapshot.totals;
    let nominal: Hashrate = running(&snapshot.boards).map(|board| board.nominal).sum();
    let boards = running(&snapshot.boards).count();
    let mut pieces = vec![
        format!("{} of {nominal}", snapshot.hashrate),
        format!("accepted {}", counters.accepted),
        format!("rejected {}", counters.rejected),
        format!("stale {}", counters.stale),
        format!("HW errors {}", counters.hardware_errors),
        format!("{boards} {}", if boards == 1 { "board" } else { "boards" }),
        format!("up {}", numbers::duration(snapshot.uptime)),
        format!("duplicate {}", counters.duplicate),
    ];
    if counters.unanswered > 0 {
        pieces.push(format!("unanswered {}", counters.unanswered));
    }
    if let Some(best) = snapshot.best {
        pieces.push(format!("best {best}"));
    }
    if snapshot.blocks > 0 {
        pieces.insert(0, format!("BLOCKS {}", snapshot.blocks));
    }
    pieces
}

/// Boards that are not gone and not given up.
fn running(boards: &[BoardSnapshot]) -> impl Iterator<Item = &BoardSnapshot> {
    boards.iter().filter(|board| {
        !matches!(
            board.state,
            BoardState::Gone | BoardState::Stopped | BoardState::Parked(_)
        )
    })
}

fn board_lines(boards: &[BoardSnapshot], width: usize, room: usize) -> Vec<String> {
    if boards.is_empty() {
        return vec![cut(
            "no board yet: plug one in, or see midstate --scan",
            width,
        )];
    }
    let all_fit = boards.len() < room;
    let mut order: Vec<&BoardSnapshot> = boards.iter().collect();
    if !all_fit {
        order.sort_by_key(|board| matches!(board.state, BoardState::Mining | BoardState::Idle));
    }
    let shown = if all_fit {
        boards.len()
    } else {
        room.saturating_sub(2).max(1)
    };
    let hidden = order.split_off(shown.min(order.len()));
    let mut lines = board_table(&order).render(width);
    if !hidden.is_empty() {
        let rate: Hashrate = hidden.iter().map(|board| board.hashrate).sum();
        lines.push(cut(
            &format!("and {} more boards, {rate}", hidden.len()),
            width,
        ));
    }
    lines
}

/// What sensors say, where some board has any.
fn sensors(table: Table, boards: &[&BoardSnapshot]) -> Table {
    if boards.iter().all(|board| board.telemetry.is_none()) {
        return table;
    }
    let cells = |cell: fn(&Telemetry) -> Option<String>| -> Vec<String> {
        let said = |board: &&BoardSnapshot| board.telemetry.as_ref().and_then(cell);
        let cells = boards.iter().map(said);
        cells.map(Option::unwrap_or_default).collect()
    };
    table
        .numbers(2, "temp", cells(|said| degrees(said.hottest())))
        .numbers(
            5,
            "fan",
            cells(|said| Some(format!("{}%", said.fan_percent?))),
        )
        .numbers(4, "MHz", cells(|said| Some(format!("{:.0}", said.clock?))))
        .numbers(
            6,
            "watts",
            cells(|said| Some(format!("{:.1}", said.power?))),
        )
}

fn degrees(temperature: Option<f32>) -> Option<String> {
    Some(format!("{:.0} C", temperature?))
}

fn board_table(boards: &[&BoardSnapshot]) -> Table {
    let words = |cell: fn(&BoardSnapshot) -> String| boards.iter().map(|b| cell(b)).collect();
    let table = Table::default()
        .words(
            0,
            "board",
            words(|board| format!("{} {}", board.id, board.model)),
        )
        .words(6, "place", words(|board| printable(&board.place, 40)))
        .numbers(1, "rate", words(|board| board.hashrate.to_string()))
        .numbers(4, "nominal", words(|board| board.nominal.to_string()));
    sensors(table, boards)
        .numbers(2, "acc", words(|board| board.counters.accepted.to_string()))
        .numbers(5, "rej", words(|board| board.counters.rejected.to_string()))
        .numbers(7, "stale", words(|board| board.counters.stale.to_string()))
        .numbers(
            8,
            "dup",
            words(|board| board.counters.duplicate.to_string()),
        )
        .numbers(
            3,
            "HW",
            words(|board| board.counters.hardware_errors.to_string()),
        )
        .numbers(
            9,
            "HW rate",
            words(|board| hardware_error_rate(&board.counters)),
        )
        .words(0, "state", words(|board| board.state.name().to_owned()))
        .words(
            10,
            "since",
            words(|board| {
                let since = board.last_nonce.map(numbers::duration);
                since.map_or_else(String::new, |since| format!("nonce {since} ago"))
            }),
        )
}

/// Nonces that failed verification, of all.
pub(super) fn hardware_error_rate(counters: &Counters) -> String {
    let all = counters.nonces + counters.hardware_errors;
    numbers::percent(counters.hardware_errors, all)
}

fn pool_lines(snapshot: &Snapshot, width: usize) -> Vec<String> {
    if snapshot.pools.is_empty() {
        return Vec::new();
    }
    let words = |cell: fn(&PoolSnapshot) -> String| snapshot.pools.iter().map(cell).collect();
    let mark = |pool: &PoolSnapshot| if pool.active { "*" } else { "" }.to_owned();
    Table::default()
        .words(1, "", words(mark))
        .words(0, "pool", words(|pool| printable(&pool.url, 60)))
        .words(0, "state", words(|pool| pool.state.name().to_owned()))
        .numbers(2, "difficulty", words(difficulty))
        .numbers(3, "latency", words(latency))
        .numbers(4, "acc", words(|pool| pool.counters.accepted.to_string()))
        .numbers(5, "rej", words(|pool| pool.counters.rejected.to_string()))
        .numbers(6, "lost", words(|pool| pool.disconnects.to_string()))
        .render(width)
}

fn difficulty(pool: &PoolSnapshot) -> String {
    pool.difficulty
        .map_or_else(|| "-".to_owned(), |difficulty| difficulty.to_string())
}

fn latency(pool: &PoolSnapshot) -> String {
    pool.latency
        .map_or_else(|| "-".to_owned(), numbers::latency)
}

/// The pool that the boards work for, or what is the matter with the first one.
fn active_pool(snapshot: &Snapshot) -> String {
    if let Some(pool) = snapshot.pools.iter().find(|pool| pool.active) {
        let difficulty = difficulty(pool);
        let url = printable(&pool.url, 200);
        let state = pool.state.name();
        return format!(
            "pool {url} {state}, difficulty {difficulty}, latency {}",
            latency(pool)
        );
    }
    match snapshot.pools.first() {
        None => "no pool".to_owned(),
        Some(pool) => match &pool.state {
            PoolState::Down(why) => format!("no pool is usable: {}", printable(why, 200)),
            state => format!("no pool yet: first is {}", state.name()),
        },
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use std::collections::BTreeMap;

    use super::*;
    use crate::miner::BoardId;
    use crate::units::Difficulty;

    pub(crate) fn board(id: u32, state: BoardState) -> BoardSnapshot {
        BoardSnapshot {
            id: BoardId(id),
            place: format!("sim{id}"),
            model: "icarus",
            details: "2 slices".to_owned(),
            state,
            nominal: Hashrate::new(380e6),
            hashrate: Hashrate::new(333e6),
            counters: Counters {
                accepted: 12,
                rejected: 1,
                stale: 2,
                duplicate: 3,
                hardware_errors: 4,
                nonces: 96,
                ..Counters::default()
            },
            faults: BTreeMap::new(),
            telemetry: None,
            chips: BTreeMap::new(),
            last_nonce: Some(Duration::from_secs(2)),
        }
    }

    pub(crate) fn snapshot(boards: u32) -> Snapshot {
        let boards: Vec<_> = (0..boards)
            .map(|id| board(id, BoardState::Mining))
            .collect();
        let mut totals = Counters::default();
        for board in &boards {
            totals.add(&board.counters);
        }
        Snapshot {
            uptime: Duration::from_secs(150),
            hashrate: boards.iter().map(|board| board.hashrate).sum(),
            boards,
            pools: vec![PoolSnapshot {
                url: "stratum+tcp://127.0.0.1:3333".to_owned(),
                user: "worker".to_owned(),
                state: PoolState::Up,
                active: true,
                difficulty: Some(Difficulty::new(0.000_244_140_625).unwrap()),
                counters: totals,
                latency: Some(Duration::from_micros(212)),
                last_job: Some(Duration::from_secs(1)),
                disconnects: 0,
            }],
            totals,
            best: Some(Difficulty::new(7.8857).unwrap()),
            blocks: 0,
        }
    }

    #[test]
    fn wide() {
        assert_eq!(
            live_lines(&snapshot(2), 120, 40),
            [
                "666 MH/s of 760 MH/s, accepted 24, rejected 2, stale 4, HW errors 8, 2 boards, up 2m30s, duplicate 6, best 7.89",
                "board     place      rate   nominal  acc  rej  stale  dup  HW  HW rate  state   since",
                "0 icarus  sim0   333 MH/s  380 MH/s   12    1      2    3   4    4.0 %  mining  nonce 2 s ago",
                "1 icarus  sim1   333 MH/s  380 MH/s   12    1      2    3   4    4.0 %  mining  nonce 2 s ago",
                "   pool                          state  difficulty  latency  acc  rej  lost",
                "*  stratum+tcp://127.0.0.1:3333  up        2.44e-4  0.21 ms   24    2     0",
            ]
        );
    }

    #[test]
    fn forty_columns_and_ten_rows() {
        assert_eq!(
            live_lines(&snapshot(2), 40, 10),
            [
                "666 MH/s of 760 MH/s, accepted 24",
                "board         rate  acc  HW  state",
                "0 icarus  333 MH/s   12   4  mining",
                "1 icarus  333 MH/s   12   4  mining",
                "   pool                          state",
                "*  stratum+tcp://127.0.0.1:3333  up",
            ]
        );
    }

    #[test]
    fn boards_in_trouble_come_first_when_room_is_short() {
        let mut snapshot = snapshot(30);
        snapshot.boards[29].state = BoardState::Parked("no answer".to_owned());
        let lines = live_lines(&snapshot, 40, 10);
        assert_eq!(lines.len(), 6);
        assert!(
            lines[2].starts_with("29 icarus") && lines[2].ends_with("parked"),
            "{lines:?}"
        );
        assert_eq!(lines[5], "and 27 more boards, 8.99 GH/s");
    }

    #[test]
    fn no_size_is_ever_exceeded() {
        for boards in [0, 1, 5, 40] {
            for width in 1..130 {
                for height in 1..30 {
                    let lines = live_lines(&snapshot(boards), width, height);
                    assert!(lines.len() <= height.saturating_sub(LOG_ROWS).max(3));
                    assert!(
                        lines.iter().all(|line| line.chars().count() <= width),
                        "{lines:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn status_lines_say_all_that_matters() {
        assert_eq!(
            status_line(&snapshot(1)),
            "333 MH/s of 380 MH/s, accepted 12, rejected 1, stale 2, HW errors 4, 1 board, up 2m30s, duplicate 3, best 7.89, pool stratum+tcp://127.0.0.1:3333 up, difficulty 2.44e-4, latency 0.21 ms"
        );
        let mut down = snapshot(0);
        down.pools[0].active = false;
        down.pools[0].state = PoolState::Down("refused\n\x1b[2J".to_owned());
        let line = status_line(&down);
        assert!(
            line.ends_with("no pool is usable: refused\\u{a}\\u{1b}[2J"),
            "{line}"
        );
        down.pools.clear();
        assert!(status_line(&down).ends_with("no pool"));
    }
}
