//! Serving an emulated pool to any number of miners, ours or others.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::client::{Heard, Outlet, client};
use super::http::{Conversation, http_client};
use super::now;
use crate::pool::{ClientId, EmulatorEvent, Exchange, Framing, HttpPart, PoolEmulator, Transmit};

/// How many clients are served at a time; a further one is hung up on.
pub const MAX_CLIENTS: usize = 256;

/// How many lines of all clients may wait for the emulator.
const MAX_HEARD: usize = 256;

/// After a failed accept (no descriptors left, mostly), and how often that may happen in a row.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const MAX_FAILURES: u32 = 100;

/// What the program wants of a served pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServeCommand {
    /// Start a new block now: every client gets a clean job.
    NewBlock,
    /// Close everything.
    Stop,
}

/// Serves `emulator` on `listener` until [`ServeCommand::Stop`] comes or `control` closes.
///
/// At most [`MAX_CLIENTS`] clients are served. A client that does not read for a second while more waits than the system holds,
/// that is a megabyte behind, or whose line is overlong or takes too long, is cut off; the others do not notice.
///
/// # Errors
/// When connections cannot be accepted for ten seconds.
pub async fn serve(
    listener: TcpListener,
    emulator: Box<dyn PoolEmulator>,
    framing: Framing,
    mut control: mpsc::Receiver<ServeCommand>,
    events: mpsc::UnboundedSender<EmulatorEvent>,
) -> io::Result<()> {
    let (heard, mut hearing) = mpsc::channel(MAX_HEARD);
    let mut server = Server::new(emulator, framing, events, heard);
    let mut failures = 0;
    let timer = sleep(Duration::ZERO);
    tokio::pin!(timer);
    loop {
        let due = server.emulator.poll_timeout();
        let due = due.map(tokio::time::Instant::from_std);
        if let Some(due) = due.filter(|due| *due != timer.deadline()) {
            timer.as_mut().reset(due);
        }
        tokio::select! {
            command = control.recv() => match command {
                Some(ServeCommand::NewBlock) => server.emulator.new_block(now()),
                Some(ServeCommand::Stop) | None => return Ok(()),
            },
            Some((client, heard)) = hearing.recv() => server.hear(client, heard),
            socket = accept(&listener, &mut failures) => server.welcome(socket?),
            Some(_) = server.tasks.join_next() => {}
            () = timer.as_mut(), if due.is_some() => {}
        }
        server.keep_time();
        server.drain();
    }
}

/// The next connection. Safe to cancel.
async fn accept(listener: &TcpListener, failures: &mut u32) -> io::Result<TcpStream> {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                *failures = 0;
                return Ok(socket);
            }
            Err(error) if *failures >= MAX_FAILURES => return Err(error),
            Err(error) => {
                tracing::debug!("accept: {error}");
                sleep(ACCEPT_PAUSE).await;
                *failures += 1;
            }
        }
    }
}

/// The way to a client: frames, or its connection's end.
enum Seat {
    Frames(Outlet),
    Http(oneshot::Sender<()>),
}

/// The emulator and those who are connected to it.
struct Server {
    emulator: Box<dyn PoolEmulator>,
    framing: Framing,
    events: mpsc::UnboundedSender<EmulatorEvent>,
    heard: mpsc::Sender<(ClientId, Heard)>,
    clients: HashMap<ClientId, Seat>,
    /// Requests that are not answered to their end.
    open: HashMap<Exchange, (ClientId, mpsc::UnboundedSender<HttpPart>)>,
    /// Dropping it ends every client's task.
    tasks: JoinSet<()>,
    next: u64,
}

impl Server {
    fn new(
        emulator: Box<dyn PoolEmulator>,
        framing: Framing,
        events: mpsc::UnboundedSender<EmulatorEvent>,
        heard: mpsc::Sender<(ClientId, Heard)>,
    ) -> Self {
        Self {
            emulator,
            framing,
            events,
            heard,
            clients: HashMap::new(),
            open: HashMap::new(),
            tasks: JoinSet::new(),
            next: 0,
        }
    }

    fn welcome(&mut self, socket: TcpStream) {
        // Tasks, not clients: one that is being hung up on still holds its socket.
        if self.tasks.len() >= MAX_CLIENTS || socket.set_nodelay(true).is_err() {
            return;
        }
        let id = ClientId(self.next);
        self.next += 1;
        let heard = self.heard.clone();
        let seat = if let Framing::Http { max_body } = self.framing {
            let (stop, stopped) = oneshot::channel();
            self.tasks
                .spawn(http_client(id, socket, max_body, heard, stopped));
            Seat::Http(stop)
        } else {
            let (outlet, task) = client(id, socket, self.framing, heard);
            self.tasks.spawn(task);
            Seat::Frames(outlet)
        };
        self.clients.insert(id, seat);
        self.emulator.connected(id, now());
    }

    fn hear(&mut self, client: ClientId, heard: Heard) {
        if !self.clients.contains_key(&client) {
            return;
        }
        match heard {
            Heard::Line(line) => self.emulator.receive(client, &line, now()),
            Heard::Asked(asked) => self.asked(client, asked),
            Heard::Unusable(problem) => {
                self.tell(EmulatorEvent::BadLine { client, problem });
                self.let_go(client);
            }
            Heard::Gone => self.let_go(client),
        }
    }

    fn asked(&mut self, client: ClientId, asked: Conversation) {
        self.open.insert(asked.exchange, (client, asked.parts));
        self.emulator
            .request(client, asked.exchange, asked.request, now());
    }

    /// Passes a piece of an answer on; the last one ends it.
    fn respond(&mut self, exchange: Exchange, part: HttpPart) {
        let goes_on = matches!(part, HttpPart::Begin(_) | HttpPart::More(_));
        let sent = self
            .open
            .get(&exchange)
            .is_some_and(|(_, parts)| parts.send(part).is_ok());
        if !goes_on || !sent {
            self.open.remove(&exchange);
        }
    }

    fn keep_time(&mut self) {
        let now = now();
        if self.emulator.poll_timeout().is_some_and(|due| due <= now) {
            self.emulator.handle_timeout(now);
        }
    }

    /// Does and tells all that the emulator wants done and told.
    fn drain(&mut self) {
        while let Some((client, transmit)) = self.emulator.poll_transmit() {
            let keeps = match (transmit, self.clients.get(&client)) {
                (Transmit::Send(frame), Some(Seat::Frames(outlet))) => outlet.push(frame),
                (Transmit::Close, Some(_)) => false,
                (Transmit::Send(_), Some(Seat::Http(_))) | (_, None) => true,
            };
            if !keeps {
                self.let_go(client);
            }
        }
        while let Some((exchange, part)) = self.emulator.poll_response() {
            self.respond(exchange, part);
        }
        while let Some(event) = self.emulator.poll_event() {
            self.tell(event);
        }
    }

    /// Closes a client's connection after what was sent before; the emulator learns of each once.
    fn let_go(&mut self, client: ClientId) {
        if let Some(seat) = self.clients.remove(&client) {
            if let Seat::Http(stop) = seat {
                // A client that is gone already does not hear it.
                let _ = stop.send(());
            }
            self.open.retain(|_, (owner, _)| *owner != client);
            self.emulator.disconnected(client, now());
        }
    }

    fn tell(&self, event: EmulatorEvent) {
        // Nobody needs to listen.
        let _ = self.events.send(event);
    }
}
