//! `--dump-protocol` through the log.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use crate::rig::{Peer, Rig, listen, settings};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged of a short conversation.
async fn log_of(dump: bool) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let (listener, port) = listen().await;
    let mut settings = settings("127.0.0.1", port);
    settings.dump = dump;
    let mut rig = Rig::connecting(settings).await;
    let mut peer = Peer::accept(&listener).await;
    rig.connected().await;
    peer.say("say your password hunter2\u{1b}[2J\n").await;
    assert_eq!(rig.message().await, "your password ***\u{1b}[2J");
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn every_line_is_logged_without_passwords() {
    let log = log_of(true).await;
    let login = r#"> {"id":1,"method":"mining.authorize","params":["me","***"]}"#;
    assert!(log.contains(login), "{log}");
    assert!(log.contains("< say your password ***\\u{1b}[2J"), "{log}");
    assert!(log.contains("midstate::protocol"), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

#[tokio::test]
async fn nothing_is_logged_unless_asked_for() {
    assert_eq!(log_of(false).await, "");
}
