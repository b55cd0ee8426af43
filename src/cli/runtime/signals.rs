//! What the person asks of the running program by signals.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

/// SIGINT and SIGTERM, listened for by a task of their own: a look at this one channel costs less than a look at each signal.
pub(crate) struct Signals(mpsc::Receiver<()>);

impl Signals {
    pub(crate) fn new() -> std::io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        let (tell, told) = mpsc::channel(2);
        tokio::spawn(listen(interrupt, terminate, tell));
        Ok(Self(told))
    }

    /// Comes when either does.
    pub(crate) async fn any(&mut self) {
        if self.0.recv().await.is_none() {
            // The runtime is about to end; nobody will signal any more.
            std::future::pending::<()>().await;
        }
    }
}

async fn listen(mut interrupt: Signal, mut terminate: Signal, tell: mpsc::Sender<()>) {
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if tell.send(()).await.is_err() {
            return;
        }
    }
}
