//! Answers of an emulated pool, in the manner of the moment: at once or late, whole or byte by byte, garbled, or not at all.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use super::{Exchange, HttpPart, HttpResponse};
use crate::pool::FaultKind;
use crate::pool::emulation::{Faults, Late};

/// A body that is larger than any client may keep.
const HUGE: usize = 40 << 20;
const HUGE_PIECE: usize = 1 << 20;

/// Answers on their way.
#[derive(Debug, Default)]
pub(in crate::pool) struct Replies {
    queue: VecDeque<(Exchange, HttpPart)>,
    late: Late<(Exchange, HttpPart)>,
    now: Option<Instant>,
}

impl Replies {
    /// Does a part of an answer at once, whatever the manner is.
    pub(in crate::pool) fn push(&mut self, exchange: Exchange, part: HttpPart) {
        self.queue.push_back((exchange, part));
    }

    /// Answers in the manner of the moment.
    pub(in crate::pool) fn answer(
        &mut self,
        exchange: Exchange,
        response: HttpResponse,
        faults: &Faults,
    ) {
        let delay = faults.manner().delay;
        let due = delay.zip(self.now).map(|(delay, now)| now + delay);
        for part in parts(response, faults) {
            match due {
                Some(due) => self.late.add(due, (exchange, part)),
                None => self.push(exchange, part),
            }
        }
    }

    /// Time has come to `now`: sends the late answers whose time it is.
    pub(in crate::pool) fn advance(&mut self, now: Instant) {
        self.now = Some(now);
        while let Some(late) = self.late.take_due(now) {
            self.queue.push_back(late);
        }
    }

    pub(in crate::pool) fn next_release(&self) -> Option<Instant> {
        self.late.next_due()
    }

    pub(in crate::pool) fn next(&mut self) -> Option<(Exchange, HttpPart)> {
        self.queue.pop_front()
    }
}

fn parts(mut response: HttpResponse, faults: &Faults) -> Vec<HttpPart> {
    if faults.has(FaultKind::Mute) {
        return Vec::new();
    }
    if faults.has(FaultKind::Disconnect) {
        return vec![HttpPart::Break];
    }
    if faults.has(FaultKind::Garbage) {
        response.body = Bytes::from_static(b"}{ this is no JSON");
    }
    if faults.has(FaultKind::HugeLine) {
        let piece = Bytes::from(vec![b' '; HUGE_PIECE]);
        response.body.clear();
        let pieces = std::iter::repeat_n(HttpPart::More(piece), HUGE / HUGE_PIECE);
        let begin = std::iter::once(HttpPart::Begin(response));
        return begin.chain(pieces).chain([HttpPart::End]).collect();
    }
    if faults.has(FaultKind::SplitWrites) {
        let body = std::mem::take(&mut response.body);
        let bytes = (0..body.len()).map(|at| HttpPart::More(body.slice(at..=at)));
        let begin = std::iter::once(HttpPart::Begin(response));
        return begin.chain(bytes).chain([HttpPart::End]).collect();
    }
    vec![HttpPart::Whole(response)]
}
