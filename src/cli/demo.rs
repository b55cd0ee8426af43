//! `midstate demo`: the main job on a pool inside the program and boards made of software.

use std::num::NonZero;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::args::{DemoArgs, algorithm_of};
use super::bench::thread_time;
use super::fleet::BoardPlan;
use super::mine::{console_settings, dispatch, session, simulated, single_thread, sum_up};
use super::runtime::{Plan, PoolPlan, Runtime};
use super::{CliError, Context, Exit, unix_time};
use crate::algorithm::Algorithm;
use crate::algorithm::sha256d::Kernel;
use crate::config::{ConfigError, Origin, SimSpec};
use crate::miner::Snapshot;
use crate::net::{Backoff, LinkCare, LinkSettings, ServeCommand, TlsSettings, serve};
use crate::pool::{EmulatorSettings, Endpoint, Payout, Protocol};
use crate::report::{Console, StartInfo};
use crate::units::Secret;
use crate::work::SourceId;

/// What the demo simulates when nothing is asked for: boards that differ in how they split the nonces, what they do after a find and
/// how they name their work.
const BOARDS: &[&str] = &[
    "icarus,rate=2M",
    "block-erupter,rate=2M",
    "antminer-u2,rate=2M",
    "avalon-nano,rate=2M",
];

/// Runs the demo until a signal or the end of `--seconds`.
///
/// # Errors
/// Impossible boards, or that no share was accepted.
pub fn run(args: &DemoArgs, context: &Context) -> Result<(), CliError> {
    let algorithm = algorithm_of(args.protocol, args.algo.as_deref())?;
    let boards = boards(args, algorithm)?;
    Kernel::calibrate(thread_time);
    let snapshot = single_thread()?.block_on(async {
        let pool = embedded_pool(context, args.protocol, algorithm).await?;
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

/// The boards that were asked for, or some that can run `algorithm`.
fn boards(args: &DemoArgs, algorithm: &dyn Algorithm) -> Result<Vec<BoardPlan>, CliError> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let processor = [format!("cpu:{cores}")];
    let texts: Vec<&str> = if !args.boards.is_empty() {
        args.boards.iter().map(String::as_str).collect()
    } else if algorithm.name() == "sha256d" {
        BOARDS.to_vec()
    } else {
        processor.iter().map(String::as_str).collect()
    };
    let named = |text| {
        let blame = |error| ConfigError::board(Origin::Flag("--board"), text, error);
        SimSpec::parse(text).map_err(blame)
    };
    let specs: Result<Vec<SimSpec>, _> = texts.into_iter().map(named).collect();
    let boards = simulated(&specs?)?;
    let runs = |board: &BoardPlan| board.model.algorithms().contains(&algorithm.name());
    if boards.iter().any(runs) {
        return Ok(boards);
    }
    let what = format!("none of these boards can hash {}", algorithm.name());
    Err(CliError::new(Exit::Usage, what).hint("the processor can: --board cpu"))
}

/// Serves an emulated pool on a free loopback port; it ends with the runtime.
async fn embedded_pool(
    context: &Context,
    protocol: &'static Protocol,
    algorithm: &'static dyn Algorithm,
) -> Result<PoolPlan, CliError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let emulator = (protocol.emulator)(pool_settings(algorithm));
    let path = emulator.url_path();
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
        path,
    };
    plan(context, endpoint, algorithm)
}

fn pool_settings(algorithm: &'static dyn Algorithm) -> EmulatorSettings {
    EmulatorSettings {
        algorithm,
        difficulty: algorithm.difficulty_for(algorithm.demo_hashes()),
        job_interval: std::time::Duration::from_secs(5),
        clean_every: 3,
        seed: rand::random(),
        unix_time: unix_time(),
        ..EmulatorSettings::default()
    }
}

fn plan(
    context: &Context,
    endpoint: Endpoint,
    algorithm: &'static dyn Algorithm,
) -> Result<PoolPlan, CliError> {
    let settings = &context.effective.settings;
    let pass = Secret::new("x");
    let tls = TlsSettings::new(None)
        .map_err(|error| CliError::new(Exit::Internal, "TLS").because(error))?;
    let user = "demo".to_owned();
    let mut session = session(
        settings,
        algorithm,
        SourceId(0),
        endpoint.clone(),
        user,
        pass.clone(),
    );
    // Where a block is made, its reward goes to anybody: OP_TRUE, on a chain that nobody else has.
    session.solo.payout = Payout::parse("51").ok();
    Ok(PoolPlan {
        session,
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
