//! `midstate demo`: the main job on a pool inside the program and boards made of software.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::args::DemoArgs;
use super::bench::thread_time;
use super::fleet::BoardPlan;
use super::mine::{console_settings, dispatch, session, simulated, single_thread, sum_up};
use super::runtime::{Plan, PoolPlan, Runtime};
use super::{CliError, Context, Exit, unix_time};
use crate::algorithm::sha256d::Kernel;
use crate::config::SimSpec;
use crate::miner::Snapshot;
use crate::net::{Backoff, LinkCare, LinkSettings, ServeCommand, TlsSettings, serve};
use crate::pool::{EmulatorSettings, Endpoint, PROTOCOLS};
use crate::report::{Console, StartInfo};
use crate::units::{Difficulty, Secret};
use crate::work::SourceId;

/// What the demo simulates when nothing is asked for: boards that differ in how they split the nonces, what they do after a find and
/// how they name their work.
const BOARDS: &[&str] = &[
    "icarus,rate=2M",
    "block-erupter,rate=2M",
    "antminer-u2,rate=2M",
    "avalon-nano,rate=2M",
];
/// A million hashes a share: each simulated board finds about two a second.
const DIFFICULTY: f64 = 1.0 / 4096.0;

/// Runs the demo until a signal or the end of `--seconds`.
///
/// # Errors
/// Impossible boards, or that no share was accepted.
pub fn run(args: &DemoArgs, context: &Context) -> Result<(), CliError> {
    let texts: Vec<&str> = if args.boards.is_empty() {
        BOARDS.to_vec()
    } else {
        args.boards.iter().map(String::as_str).collect()
    };
    let specs = texts
        .into_iter()
        .map(SimSpec::parse)
        .collect::<Result<Vec<_>, _>>()?;
    let boards = simulated(&specs)?;
    Kernel::calibrate(thread_time);
    let snapshot = single_thread()?.block_on(async {
        let pool = embedded_pool(context).await?;
        let plan = Plan {
            pools: vec![pool],
            boards,
            found: None,
            dispatch: dispatch(&context.effective.settings),
        };
        let info = StartInfo {
            files: Vec::new(),
            boards: plan.boards.iter().map(BoardPlan::described).collect(),
            pools: vec![format!("{} (embedded)", plan.pools[0].link.endpoint)],
        };
        let mut console = Console::new(console_settings(context), context.screen.clone());
        console.start(&info);
        let (snapshot, _) = Runtime::start(plan, console)
            .run(context.seconds, false)
            .await?;
        Ok::<Snapshot, CliError>(snapshot)
    })?;
    sum_up(context, &snapshot)?;
    if snapshot.totals.accepted == 0 {
        return Err(CliError::new(Exit::Unexpected, "no share was accepted")
            .hint("run it longer: --seconds 20"));
    }
    Ok(())
}

/// Serves an emulated pool on a free loopback port; it ends with the runtime.
async fn embedded_pool(context: &Context) -> Result<PoolPlan, CliError> {
    let protocol = PROTOCOLS[0];
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let emulator = (protocol.emulator)(pool_settings());
    let (control, commands) = mpsc::channel::<ServeCommand>(1);
    let (tell, mut told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        // The pool is served for as long as its control is held.
        let _control = control;
        if let Err(error) = serve(listener, emulator, protocol.framing, commands, tell).await {
            tracing::error!(%error, "the embedded pool failed");
        }
    });
    tokio::spawn(async move { while told.recv().await.is_some() {} });
    let endpoint = Endpoint {
        protocol,
        tls: false,
        host: address.ip().to_string(),
        port: address.port(),
        path: String::new(),
    };
    plan(context, endpoint)
}

fn pool_settings() -> EmulatorSettings {
    EmulatorSettings {
        difficulty: Difficulty::new(DIFFICULTY).unwrap_or(Difficulty::ONE),
        job_interval: std::time::Duration::from_secs(5),
        clean_every: 3,
        seed: rand::random(),
        unix_time: unix_time(),
        ..EmulatorSettings::default()
    }
}

fn plan(context: &Context, endpoint: Endpoint) -> Result<PoolPlan, CliError> {
    let settings = &context.effective.settings;
    let pass = Secret::new("x");
    let tls = TlsSettings::new(None)
        .map_err(|error| CliError::new(Exit::Internal, "TLS").because(error))?;
    Ok(PoolPlan {
        session: session(settings, SourceId(0), "demo".to_owned(), pass.clone()),
        link: LinkSettings {
            source: SourceId(0),
            endpoint,
            proxy: None,
            tls: Arc::new(tls),
            allow_redirect: false,
            dump: settings.log.dump_protocol,
            secrets: vec![pass],
            seed: rand::random(),
            backoff: Backoff::default(),
            care: LinkCare::default(),
        },
    })
}
