//! What becomes of boards whose threads have ended, and of those that run when the program fails.

use std::path::Path;

use super::*;
use crate::board::{BoardOptions, simulated};
use crate::miner::DispatchSettings;

fn member(path: &Path, life: Life, found: bool) -> Member {
    let plan = BoardPlan {
        model: crate::board::model("icarus").unwrap(),
        reach: Reach::Port(path.to_owned()),
        options: BoardOptions::none(),
        found,
    };
    Member {
        id: BoardId(0),
        node: plan.node(),
        plan,
        thread: None,
        life,
        unplugged: false,
    }
}

#[test]
fn a_board_that_was_given_up_is_tried_again_when_it_was_plugged_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("ttyUSB0");
    std::fs::write(&port, "").unwrap();
    let mut parked = member(&port, Life::Parked, false);
    assert!(!parked.is_plugged_in_again(), "nothing has happened");
    // The system may give the same number to the new node.
    let kept = folder.path().join("kept");
    std::fs::rename(&port, &kept).unwrap();
    assert!(!parked.is_plugged_in_again(), "it is away");
    std::fs::rename(&kept, &port).unwrap();
    assert!(parked.is_plugged_in_again());
}

/// Found by a review: a terminal made anew between two looks has its number again; the link to it is another one.
#[test]
fn another_link_to_the_same_node_is_another_appearance() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("pts");
    let link = folder.path().join("link");
    std::fs::write(&port, "").unwrap();
    std::os::unix::fs::symlink(&port, &link).unwrap();
    let mut parked = member(&link, Life::Parked, false);
    assert!(!parked.is_plugged_in_again());
    let other = folder.path().join("other");
    std::os::unix::fs::symlink(&port, &other).unwrap();
    std::fs::rename(&other, &link).unwrap();
    assert!(parked.is_plugged_in_again());
}

/// Found by a review: whatever came to the port of a board that nobody had named was written to.
#[test]
fn a_board_that_was_found_is_written_to_again_only_if_it_proves_itself_again() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("ttyUSB0");
    std::fs::write(&port, "").unwrap();
    assert!(member(&port, Life::Ended, false).is_plugged_in_again());
    assert!(!member(&port, Life::Ended, true).is_plugged_in_again());
}

#[test]
fn a_thread_that_ends_without_a_word_is_noticed_when_its_word_had_time_to_come() {
    let mut member = member(Path::new("/nowhere"), Life::Runs, false);
    assert!(!member.has_failed());
    assert!(member.has_failed());
    member.life = Life::Ended;
    assert!(!member.has_failed());
}

/// As after a panic of the event loop: orders gone, nobody waits.
#[test]
fn a_fleet_that_is_let_go_of_switches_its_boards_off() {
    let now = Instant::now();
    let mut dispatcher = Dispatcher::new(DispatchSettings::default(), [], now);
    let (orders, order) = watch::channel(dispatcher.order().clone());
    let (report, mut reports) = mpsc::channel(64);
    let mut fleet = Fleet::new(order, report);
    let model = crate::board::model("bitaxe-gamma").unwrap();
    let plan = BoardPlan {
        model,
        reach: Reach::Simulated("sim0".to_owned()),
        options: simulated(model, BoardOptions::none()).unwrap(),
        found: false,
    };
    fleet.add(plan, &mut dispatcher, now);
    while !matches!(reports.blocking_recv().unwrap().said, Said::Started(_)) {}
    drop(orders);
    drop(fleet);
    let mut last = None;
    while let Ok(report) = reports.try_recv() {
        last = Some(report.said);
    }
    assert!(matches!(last, Some(Said::Stopped)), "{last:?}");
}
