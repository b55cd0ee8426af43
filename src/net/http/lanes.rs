//! The lanes of one session beside each other, each with its own connection and its requests in order.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::super::NetError;
use super::requester::{Requester, Way};
use crate::pool::{HttpRequest, HttpResponse, Lane};

/// How many lanes there are: plain requests, long polls, shares.
const LANES: u8 = 3;
/// How many answers may wait to be looked at.
const ROOM: usize = 4;

/// What came of a request.
pub(super) type Answered = (Lane, Result<HttpResponse, NetError>);

/// The lanes; dropping them breaks every request off.
pub(super) struct Lanes {
    requests: Vec<mpsc::UnboundedSender<HttpRequest>>,
    answers: mpsc::Receiver<Answered>,
    _tasks: JoinSet<()>,
}

impl Lanes {
    /// Lanes to a pool, the main one over a connection that stands.
    pub(super) fn new(way: &Arc<Way>, main: Requester) -> Self {
        let (told, answers) = mpsc::channel(ROOM);
        let mut tasks = JoinSet::new();
        let mut main = Some(main);
        let requests = (0..LANES).map(|number| {
            let requester = main
                .take()
                .unwrap_or_else(|| Requester::new(Arc::clone(way)));
            let (requests, queue) = mpsc::unbounded_channel();
            tasks.spawn(run(Lane(number), requester, queue, told.clone()));
            requests
        });
        Self {
            requests: requests.collect(),
            answers,
            _tasks: tasks,
        }
    }

    /// Queues a request; the session bounds how many there are.
    pub(super) fn ask(&self, lane: Lane, request: HttpRequest) {
        if let Some(requests) = self.requests.get(usize::from(lane.0)) {
            // A lane that has ended has said why.
            let _ = requests.send(request);
        }
    }

    /// The next answer. Safe to cancel.
    pub(super) async fn answer(&mut self) -> Option<Answered> {
        self.answers.recv().await
    }
}

async fn run(
    lane: Lane,
    mut requester: Requester,
    mut queue: mpsc::UnboundedReceiver<HttpRequest>,
    told: mpsc::Sender<Answered>,
) {
    while let Some(request) = queue.recv().await {
        let result = requester.exchange(&request).await;
        if told.send((lane, result)).await.is_err() {
            return;
        }
    }
}
