//! What boards find, and what becomes of it: each share is in exactly one counter at any time.

use std::time::{Duration, Instant};

use super::{Action, Dispatcher, Pending, source};
use crate::miner::boards::BoardRecord;
use crate::miner::snapshot::{BoardState, Counters};
use crate::miner::{BoardId, Notice, Said, Ticket};
use crate::units::{Difficulty, Hash256, Target};
use crate::work::{Outcome, Reject, Share};

impl Dispatcher {
    pub(super) fn board_state(&mut self, board: BoardId, said: Said, now: Instant) {
        let Some(record) = self.boards.get_mut(&board) else {
            return;
        };
        let notice = match said {
            Said::Started(ability) => record.started(ability, now),
            Said::Resetting { why, until } => {
                let pause = BoardRecord::pause(until, now).as_secs();
                record.trouble(
                    BoardState::Resetting(why.clone()),
                    format!("{why}; reset in {pause} s"),
                )
            }
            Said::Parked(why) => {
                record.trouble(BoardState::Parked(why.clone()), format!("parked: {why}"))
            }
            Said::Gone(error) => record.trouble(
                BoardState::Gone,
                format!("{error}; it joins again when it is back"),
            ),
            _ => return record.stopped(),
        };
        self.tell(notice);
    }

    pub(super) fn share(&mut self, board: BoardId, share: Share, now: Instant) {
        let difficulty = share.difficulty();
        self.best_so_far(difficulty);
        let index = usize::from(share.job().source.0);
        let Some(record) = self.boards.get_mut(&board) else {
            return;
        };
        let fresh = self.recent.insert(*share.hash());
        if fresh {
            record.right_nonce(share.value(), now);
        }
        if self.pools.get(index).is_none() {
            return;
        }
        if fresh && share.is_block() {
            self.block(board, index, &share);
        }
        let pool = &self.pools[index];
        let refused = if !fresh {
            Some((Reject::Duplicate, "found twice, not sent"))
        } else if !pool.is_session_of(&share) && !share.is_block() {
            // A block goes to its link all the same: its session may be one that writes it down.
            Some((Reject::Stale, "its connection is gone, not sent"))
        } else if !pool.takes(&share) && !self.settings.submit_stale && !share.is_block() {
            Some((Reject::Stale, "its job is void, not sent"))
        } else {
            None
        };
        let pending = Pending {
            board,
            pool: index,
            difficulty,
            target: share.job().difficulty(),
        };
        match refused {
            Some((reject, why)) => {
                self.judged(&pending, Outcome::Rejected(reject, why.to_owned()), None);
            }
            None => self.send(pending, share, now),
        }
    }

    /// A right hash that is no share may be the best so far all the same. It is of the order's job, or of one before on the same scale.
    pub(super) fn weak(&mut self, value: &Hash256) {
        if let Some(job) = &self.order.job {
            let target = Target::from_le_bytes(*value.as_internal());
            let difficulty = target.to_difficulty_of_lossy(job.algorithm.difficulty_one());
            self.best_so_far(difficulty);
        }
    }

    fn send(&mut self, pending: Pending, share: Share, now: Instant) {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.pools[pending.pool].sent(now);
        self.count(&pending, |counters| counters.pending += 1);
        self.actions
            .push_back(Action::Submit(source(pending.pool), ticket, share));
        self.pending.insert(ticket, pending);
    }

    pub(super) fn verdict(
        &mut self,
        ticket: Ticket,
        outcome: Outcome,
        latency: Option<Duration>,
        now: Instant,
    ) {
        let Some(pending) = self.pending.remove(&ticket) else {
            return;
        };
        let late = matches!(outcome, Outcome::Rejected(Reject::Stale, _));
        self.pools[pending.pool].answered(&outcome, latency, late, now);
        self.count(&pending, |counters| counters.pending -= 1);
        self.judged(&pending, outcome, latency);
    }

    /// Counts a share's end and tells of it.
    fn judged(&mut self, pending: &Pending, outcome: Outcome, latency: Option<Duration>) {
        let target = pending.target;
        self.count(pending, |counters| match &outcome {
            Outcome::Accepted => {
                counters.accepted += 1;
                counters.difficulty_accepted += target.get();
            }
            Outcome::Rejected(Reject::Stale, _) => counters.stale += 1,
            Outcome::Rejected(Reject::Duplicate, _) => counters.duplicate += 1,
            Outcome::Rejected(..) => counters.rejected += 1,
            Outcome::Unknown => counters.unanswered += 1,
        });
        let place = self
            .boards
            .get(&pending.board)
            .map_or_else(String::new, |board| board.place().to_owned());
        let pool = self.pools[pending.pool].url().to_owned();
        let (board, difficulty) = (Some(pending.board), pending.difficulty);
        self.tell(Notice::Verdict {
            board,
            place,
            pool,
            outcome,
            difficulty,
            target,
            latency,
        });
    }

    fn count(&mut self, pending: &Pending, change: impl Fn(&mut Counters)) {
        change(&mut self.pools[pending.pool].counters);
        if let Some(board) = self.boards.get_mut(&pending.board) {
            change(&mut board.counters);
        }
    }

    fn block(&mut self, board: BoardId, index: usize, share: &Share) {
        self.blocks += 1;
        let place = self
            .boards
            .get(&board)
            .map_or_else(String::new, |board| board.place().to_owned());
        let pool = self.pools[index].url().to_owned();
        self.tell(Notice::BlockFound {
            place,
            pool,
            hash: *share.hash(),
        });
    }

    pub(super) fn best_so_far(&mut self, difficulty: Difficulty) {
        if self.best.is_none_or(|best| difficulty > best) {
            self.best = Some(difficulty);
        }
    }

    pub(super) fn tell(&mut self, notice: Notice) {
        self.actions.push_back(Action::Tell(notice));
    }
}
