//! The pool's side: clients come, go, dawdle and misbehave.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use midstate::net::{MAX_CLIENTS, ServeCommand, serve};
use midstate::pool::{ClientId, EmulatorEvent, Framing, PoolEmulator, Transmit};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::rig::listen;

/// Who is, and how many were, connected.
#[derive(Default)]
struct Guests {
    here: BTreeSet<ClientId>,
    gone: usize,
}

/// Echoes lines; `bye` hangs up, `flood` sends ten megabytes, `tick` asks for a line in a second.
#[derive(Default)]
struct Echo {
    guests: Arc<Mutex<Guests>>,
    queue: VecDeque<(ClientId, Transmit)>,
    ticks: Vec<(Instant, ClientId)>,
}

impl Echo {
    fn send(&mut self, client: ClientId, text: impl Into<Bytes>) {
        self.queue.push_back((client, Transmit::Send(text.into())));
    }
}

impl PoolEmulator for Echo {
    fn connected(&mut self, client: ClientId, _now: Instant) {
        assert!(self.guests.lock().unwrap().here.insert(client));
        self.send(client, "hello\n");
    }

    fn disconnected(&mut self, client: ClientId, _now: Instant) {
        let mut guests = self.guests.lock().unwrap();
        assert!(guests.here.remove(&client), "told twice");
        guests.gone += 1;
    }

    fn receive(&mut self, client: ClientId, frame: &[u8], now: Instant) {
        match frame {
            b"bye" => {
                self.send(client, "farewell\n");
                self.queue.push_back((client, Transmit::Close));
            }
            b"flood" => {
                for _ in 0..100 {
                    self.send(client, vec![b'x'; 100_000]);
                }
            }
            b"tick" => self.ticks.push((now + Duration::from_secs(1), client)),
            b"bytes" => {
                for byte in b"one by one\n" {
                    self.send(client, vec![*byte]);
                }
            }
            _ => self.send(client, [frame, b"\n"].concat()),
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.ticks.iter().map(|(due, _)| *due).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        let (due, later) = self.ticks.drain(..).partition(|(due, _)| *due <= now);
        self.ticks = later;
        let due: Vec<(Instant, ClientId)> = due;
        for (_, client) in due {
            self.send(client, "tock\n");
        }
    }

    fn poll_transmit(&mut self) -> Option<(ClientId, Transmit)> {
        self.queue.pop_front()
    }

    fn poll_event(&mut self) -> Option<EmulatorEvent> {
        None
    }

    fn new_block(&mut self, _now: Instant) {
        let here: Vec<_> = self.guests.lock().unwrap().here.iter().copied().collect();
        for client in here {
            self.send(client, "block\n");
        }
    }
}

struct Served {
    port: u16,
    guests: Arc<Mutex<Guests>>,
    control: mpsc::Sender<ServeCommand>,
    events: mpsc::UnboundedReceiver<EmulatorEvent>,
    task: JoinHandle<io::Result<()>>,
}

async fn served() -> Served {
    let (listener, port) = listen().await;
    let echo = Echo::default();
    let guests = Arc::clone(&echo.guests);
    let (control, orders) = mpsc::channel(4);
    let (told, events) = mpsc::unbounded_channel();
    let framing = Framing::Lines { max: 100 };
    let task = tokio::spawn(serve(listener, Box::new(echo), framing, orders, told));
    Served {
        port,
        guests,
        control,
        events,
        task,
    }
}

impl Served {
    /// A client that was greeted.
    async fn client(&self) -> BufStream<TcpStream> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let mut client = BufStream::new(stream);
        assert_eq!(line(&mut client).await, "hello");
        client
    }

    async fn until_gone(&self, count: usize) {
        while self.guests.lock().unwrap().gone < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// The next line; empty at the end.
async fn line(client: &mut BufStream<TcpStream>) -> String {
    let mut line = String::new();
    match client.read_line(&mut line).await {
        Ok(_) => line.trim_end().to_owned(),
        Err(_) => String::new(),
    }
}

async fn say(client: &mut BufStream<TcpStream>, text: &str) {
    client.write_all(text.as_bytes()).await.unwrap();
    client.flush().await.unwrap();
}

#[tokio::test]
async fn clients_come_and_go() {
    let served = served().await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(served.client().await);
    }
    for (at, client) in clients.iter_mut().enumerate() {
        say(client, &format!("I am {at}\n")).await;
    }
    for (at, client) in clients.iter_mut().enumerate() {
        assert_eq!(line(client).await, format!("I am {at}"));
    }
    clients.truncate(5);
    served.until_gone(15).await;
    assert_eq!(served.guests.lock().unwrap().here.len(), 5);
    for byte in "slow\n".chars() {
        say(&mut clients[0], &byte.to_string()).await;
    }
    assert_eq!(line(&mut clients[0]).await, "slow");
    say(&mut clients[1], "bytes\n").await;
    assert_eq!(line(&mut clients[1]).await, "one by one");
}

#[tokio::test]
async fn close_comes_after_what_was_sent_before() {
    let served = served().await;
    let mut client = served.client().await;
    say(&mut client, "bye\n").await;
    assert_eq!(line(&mut client).await, "farewell");
    assert_eq!(line(&mut client).await, "");
    served.until_gone(1).await;
}

#[tokio::test]
async fn a_client_that_says_no_more_still_gets_its_answers() {
    let served = served().await;
    let mut client = served.client().await;
    client.write_all(b"one\ntwo\n").await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(line(&mut client).await, "one");
    assert_eq!(line(&mut client).await, "two");
    assert_eq!(line(&mut client).await, "");
    served.until_gone(1).await;
}

#[tokio::test]
async fn blocks_and_stop_by_command() {
    let served = served().await;
    let mut client = served.client().await;
    served.control.send(ServeCommand::NewBlock).await.unwrap();
    assert_eq!(line(&mut client).await, "block");
    served.control.send(ServeCommand::Stop).await.unwrap();
    served.task.await.unwrap().unwrap();
    assert_eq!(line(&mut client).await, "");
}

#[tokio::test]
async fn it_ends_with_its_control() {
    let served = served().await;
    drop(served.control);
    served.task.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_emulator_gets_its_time() {
    let served = served().await;
    let mut client = served.client().await;
    say(&mut client, "tick\n").await;
    assert_eq!(line(&mut client).await, "tock");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off_alone() {
    let served = served().await;
    let mut deaf = served.client().await;
    let mut other = served.client().await;
    say(&mut deaf, "flood\n").await;
    served.until_gone(1).await;
    say(&mut other, "still here\n").await;
    assert_eq!(line(&mut other).await, "still here");
    let mut got = Vec::new();
    let _ = deaf.read_to_end(&mut got).await;
    assert!(got.len() < 10_000_000, "{} bytes", got.len());
}

#[tokio::test]
async fn an_overlong_line_and_tls_are_told_and_cut_off() {
    let mut served = served().await;
    for (bytes, words) in [
        (&[b'x'; 200][..], "a line of more than 100 bytes"),
        (b"\x16\x03\x01\x02", "that is TLS, and this pool is plain"),
    ] {
        let mut client = served.client().await;
        client.write_all(bytes).await.unwrap();
        client.flush().await.unwrap();
        match served.events.recv().await.unwrap() {
            EmulatorEvent::BadLine { problem, .. } => assert_eq!(problem, words),
            other => panic!("{other:?}"),
        }
        assert_eq!(line(&mut client).await, "");
    }
    served.until_gone(2).await;
}

#[tokio::test(start_paused = true)]
async fn a_line_that_never_ends_is_not_waited_for() {
    let mut served = served().await;
    let mut client = served.client().await;
    say(&mut client, "half a li").await;
    match served.events.recv().await.unwrap() {
        EmulatorEvent::BadLine { problem, .. } => {
            assert_eq!(problem, "a message took more than 30 s");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(line(&mut client).await, "");
}

#[tokio::test]
async fn one_client_too_many_is_hung_up_on_until_there_is_room() {
    let served = served().await;
    let mut clients = Vec::new();
    for _ in 0..MAX_CLIENTS {
        clients.push(served.client().await);
    }
    let stream = TcpStream::connect(("127.0.0.1", served.port))
        .await
        .unwrap();
    assert_eq!(line(&mut BufStream::new(stream)).await, "");
    clients.pop();
    served.until_gone(1).await;
    say(&mut clients[0], "still here\n").await;
    assert_eq!(line(&mut clients[0]).await, "still here");
    served.client().await;
}
