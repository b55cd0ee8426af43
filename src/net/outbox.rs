//! Events on their way to the program: at once while it listens, kept in order while it is busy.

use std::collections::VecDeque;

use tokio::sync::mpsc::{self, error::TrySendError};

use super::LinkEvent;
use crate::work::SourceId;

/// So many unheard events stop the link from taking commands: nobody is listening.
const ENOUGH: usize = 1024;

/// Hears an event where it is, or gives it back to go by the channel.
pub type Ear = Box<dyn FnMut(SourceId, LinkEvent) -> Option<LinkEvent> + Send>;

/// Where the events of links go: through a channel, and past it to whoever can hear them at once.
pub struct Events {
    channel: mpsc::Sender<(SourceId, LinkEvent)>,
    ear: Option<Ear>,
}

impl Events {
    /// Through `channel`, unless it is empty and `ear` takes the event: a task less on the way of a job.
    pub fn heard_by(channel: mpsc::Sender<(SourceId, LinkEvent)>, ear: Ear) -> Self {
        Self {
            channel,
            ear: Some(ear),
        }
    }

    /// The event again, if it has to go by the channel. None overtakes another.
    fn at_once(&mut self, source: SourceId, event: LinkEvent) -> Option<LinkEvent> {
        match &mut self.ear {
            Some(ear) if self.channel.capacity() == self.channel.max_capacity() => {
                ear(source, event)
            }
            _ => Some(event),
        }
    }
}

impl From<mpsc::Sender<(SourceId, LinkEvent)>> for Events {
    fn from(channel: mpsc::Sender<(SourceId, LinkEvent)>) -> Self {
        Self { channel, ear: None }
    }
}

/// Events of one link.
pub(super) struct Outbox {
    source: SourceId,
    events: Events,
    waiting: VecDeque<LinkEvent>,
}

impl Outbox {
    pub(super) fn new(source: SourceId, events: Events) -> Self {
        Self {
            source,
            events,
            waiting: VecDeque::new(),
        }
    }

    /// Tells an event, at once if there is room.
    pub(super) fn push(&mut self, event: LinkEvent) {
        if !self.waiting.is_empty() {
            self.waiting.push_back(event);
            return;
        }
        let Some(event) = self.events.at_once(self.source, event) else {
            return;
        };
        match self.events.channel.try_send((self.source, event)) {
            Err(TrySendError::Full((_, event))) => self.waiting.push_back(event),
            // Nobody will ever listen: the link ends when it sees that.
            Ok(()) | Err(TrySendError::Closed(_)) => {}
        }
    }

    /// Whether everything has been told; while not, nothing is read from the pool.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether commands, each of which makes an event, can be taken.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < ENOUGH
    }

    /// Whether nobody can listen any more.
    pub(super) fn is_closed(&self) -> bool {
        self.events.channel.is_closed()
    }

    /// Tells everything, then waits until nobody can listen any more; while somebody does not, has room again. Safe to cancel.
    pub(super) async fn flush_until_closed(&mut self) {
        self.flush().await;
        self.events.channel.closed().await;
    }

    /// Waits until everything is told. Safe to cancel.
    pub(super) async fn flush(&mut self) {
        while !self.waiting.is_empty() {
            let Ok(permit) = self.events.channel.reserve().await else {
                self.waiting.clear();
                return;
            };
            if let Some(event) = self.waiting.pop_front() {
                permit.send((self.source, event));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry_of(event: LinkEvent) -> u64 {
        match event {
            LinkEvent::Verdict { ticket, .. } => ticket,
            other => panic!("{other:?}"),
        }
    }

    fn event(ticket: u64) -> LinkEvent {
        LinkEvent::Verdict {
            ticket,
            outcome: crate::work::Outcome::Accepted,
            latency: None,
        }
    }

    #[tokio::test]
    async fn order_holds_through_a_full_channel() {
        let (sender, mut receiver) = mpsc::channel(2);
        let mut outbox = Outbox::new(SourceId(3), sender.into());
        for ticket in 0..5 {
            outbox.push(event(ticket));
        }
        assert!(!outbox.is_empty());
        let reading = async {
            let mut seen = Vec::new();
            while seen.len() < 5 {
                let (source, event) = receiver.recv().await.unwrap();
                assert_eq!(source, SourceId(3));
                seen.push(retry_of(event));
            }
            seen
        };
        let ((), seen) = tokio::join!(outbox.flush(), reading);
        assert_eq!(seen, [0, 1, 2, 3, 4]);
        assert!(outbox.is_empty());
    }

    #[tokio::test]
    async fn a_deaf_program_bounds_the_outbox() {
        let (sender, receiver) = mpsc::channel(1);
        let mut outbox = Outbox::new(SourceId(0), sender.into());
        for ticket in 0..=ENOUGH as u64 {
            assert!(outbox.has_room());
            outbox.push(event(ticket));
        }
        assert!(!outbox.has_room());
        drop(receiver);
        outbox.flush().await;
        assert!(outbox.is_empty() && outbox.is_closed());
    }

    #[tokio::test]
    async fn what_is_heard_at_once_overtakes_nothing() {
        let (sender, mut receiver) = mpsc::channel(4);
        let (tell, heard) = std::sync::mpsc::channel();
        let busy = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
        let is_busy = std::sync::Arc::clone(&busy);
        let ear: Ear = Box::new(move |_, event| {
            if is_busy.load(std::sync::atomic::Ordering::Relaxed) {
                return Some(event);
            }
            tell.send(retry_of(event)).unwrap();
            None
        });
        let mut outbox = Outbox::new(SourceId(0), Events::heard_by(sender, ear));
        outbox.push(event(1));
        busy.store(false, std::sync::atomic::Ordering::Relaxed);
        outbox.push(event(2));
        assert!(heard.try_recv().is_err(), "the first is still on its way");
        assert_eq!(retry_of(receiver.recv().await.unwrap().1), 1);
        assert_eq!(retry_of(receiver.recv().await.unwrap().1), 2);
        outbox.push(event(3));
        assert_eq!(heard.try_recv(), Ok(3));
    }
}
