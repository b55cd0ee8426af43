//! `midstate`: mine for the configured pools on the configured boards.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc::Receiver;

use super::args::algorithm_of;
use super::bench::thread_time;
use super::fleet::{BoardPlan, Reach};
use super::runtime::{End, Plan, PoolPlan, Runtime};
use super::{CliError, Context, Exit, find, unix_time};
use crate::algorithm::Algorithm;
use crate::algorithm::scrypt;
use crate::algorithm::sha256d::Kernel;
use crate::board::{self, BoardOptions, Connection, model};
use crate::config::{BoardSpec, PoolSettings, Settings, SimSpec};
use crate::miner::{DispatchSettings, Patience, Snapshot};
use crate::net::{Backoff, LinkCare, LinkSettings, Proxy, TlsSettings, WallClock, kept_blocks};
use crate::pool::{Endpoint, SessionSettings, SoloSettings, WallTime, getblocktemplate};
use crate::report::{self, Console, ConsoleSettings, StartInfo};
use crate::units::Secret;
use crate::work::SourceId;

/// What we call ourselves.
pub(super) const AGENT: &str = concat!("midstate/", env!("CARGO_PKG_VERSION"));
/// The version bits that BIP320 sets aside for rolling.
const VERSION_MASK: u32 = 0x1fff_e000;

/// Mines until a signal or the end of `--seconds`.
///
/// # Errors
/// Settings that do not fit together, or, with `--once`, that no pool is usable.
pub fn run(context: &Context) -> Result<(), CliError> {
    let settings = &context.effective.settings;
    choose_kernel(settings)?;
    self_tests();
    let plan = plan(settings)?;
    let info = start_info(context, &plan);
    let mut console = Console::new(console_settings(context), context.screen.clone());
    console.start(&info);
    let (snapshot, end) = run_to_end(plan, console, context)?;
    sum_up(context, &snapshot)?;
    match end {
        End::Asked => Ok(()),
        End::NoPool => Err(CliError::new(Exit::NoPool, "no pool is usable")
            .hint("the reasons stand above; check URL, user and password, or leave out --once to keep trying")),
    }
}

/// What the settings mean: everything that can be wrong with them is found here.
pub(super) fn plan(settings: &Settings) -> Result<Plan, CliError> {
    let plan = Plan {
        pools: pools(settings)?,
        boards: boards(settings)?,
        found: found(settings)?,
        dispatch: dispatch(settings),
    };
    require_boards_for(&plan)?;
    Ok(plan)
}

/// Boards that are plugged in later, if the settings want that.
fn found(settings: &Settings) -> std::io::Result<Option<Receiver<Vec<BoardPlan>>>> {
    let interval = settings.hotplug.filter(|_| settings.auto_boards);
    interval.map(find::watch).transpose()
}

/// The kernel that the processor hashes with, for emulated boards too: the one named, or the fastest.
fn choose_kernel(settings: &Settings) -> Result<(), CliError> {
    let named = |error| CliError::new(Exit::Usage, "--kernel").because(error);
    match &settings.kernel {
        Some(name) => Kernel::by_name(name)
            .and_then(Kernel::choose)
            .map_err(named),
        None if settings.cpu.is_some() || !settings.simulate.is_empty() => {
            tracing::debug!(
                kernel = Kernel::calibrate(thread_time).name(),
                "the fastest kernel"
            );
            Ok(())
        }
        None => Ok(()),
    }
}

/// What `-d` asks for, as with NightMiner: every kernel that could hash here, tried on known answers.
fn self_tests() {
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return;
    }
    for kernel in Kernel::available() {
        let (kernel, passes) = (kernel.name(), kernel.passes_self_test());
        tracing::debug!(kernel, passes, "self-test of sha256d");
    }
    for kernel in scrypt::Kernel::available() {
        let (kernel, passes) = (kernel.name(), kernel.passes_self_test());
        tracing::debug!(kernel, passes, "self-test of scrypt");
    }
}

fn start_info(context: &Context, plan: &Plan) -> StartInfo {
    let used = plan.boards.iter().map(BoardPlan::described);
    let auto = context.effective.settings.auto_boards;
    let unusable = if auto {
        find::unusable_boards()
    } else {
        Vec::new()
    };
    let pools = plan
        .pools
        .iter()
        .map(|pool| format!("{} as {}", pool.link.endpoint, pool.session.user));
    StartInfo {
        files: context.effective.files.clone(),
        boards: used.chain(unusable).collect(),
        pools: pools.collect(),
    }
}

/// Runs a plan on a runtime of one thread: boards have their own.
pub(super) fn run_to_end(
    plan: Plan,
    console: Console,
    context: &Context,
) -> Result<(Snapshot, End), CliError> {
    let runtime = single_thread()?;
    let (length, once) = (context.seconds, context.once);
    let end = runtime.block_on(async { Runtime::start(plan, console).run(length, once).await });
    // A name that is being looked up must not hold up the end.
    runtime.shutdown_background();
    Ok(end?)
}

/// The runtime of everything that is not a board.
pub(super) fn single_thread() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

/// With `--json`, the last line of standard output is one object.
pub(super) fn sum_up(context: &Context, snapshot: &Snapshot) -> Result<(), CliError> {
    if context.json {
        super::say(&report::json_text(&report::summary_json(snapshot)))
    } else {
        Ok(())
    }
}

/// How the console behaves.
pub(super) fn console_settings(context: &Context) -> ConsoleSettings {
    super::logging::console(&context.effective.settings, context.json)
}

/// When pools are down, and whether stale shares are sent.
pub(super) fn dispatch(settings: &Settings) -> DispatchSettings {
    let timeouts = settings.timeouts;
    let patience = Patience {
        job: timeouts.no_job,
        verdict: timeouts.share,
        failback: timeouts.failback,
        ..Patience::default()
    };
    DispatchSettings {
        patience,
        submit_stale: settings.submit_stale,
    }
}

fn pools(settings: &Settings) -> Result<Vec<PoolPlan>, CliError> {
    let tls = Arc::new(TlsSettings::new(settings.tls_ca.as_deref())?);
    let proxy = settings
        .proxy
        .as_ref()
        .map(|url| Proxy::parse(url.expose()))
        .transpose();
    let proxy = proxy.map_err(|error| CliError::new(Exit::Usage, "--proxy").because(error))?;
    let plan = |(index, pool): (u16, &PoolSettings)| {
        let algorithm = algorithm_of(pool.endpoint.protocol, settings.algo.as_deref())?;
        let (endpoint, user) = (pool.endpoint.clone(), pool.user.clone());
        let source = SourceId(index);
        let mut session = session(
            settings,
            algorithm,
            source,
            endpoint,
            user,
            pool.pass.clone(),
        );
        let care = care(settings, pool, &mut session);
        let link = LinkSettings {
            source: SourceId(index),
            endpoint: pool.endpoint.clone(),
            proxy: proxy.clone(),
            tls: Arc::clone(&tls),
            allow_redirect: settings.allow_redirect,
            dump: settings.log.dump_protocol,
            secrets: vec![pool.pass.clone()],
            seed: rand::random(),
            backoff: Backoff::default(),
            care,
        };
        Ok(PoolPlan { link, session })
    };
    (0..).zip(settings.require_pools()?).map(plan).collect()
}

/// Refuses pools whose work no board of this run could ever do. Boards that are plugged in later hash SHA-256d.
fn require_boards_for(plan: &Plan) -> Result<(), CliError> {
    let later = plan.found.is_some();
    if plan.boards.is_empty() && !later {
        return Err(CliError::new(Exit::Usage, "there is no board to mine on, and none is looked for")
            .hint("name one with --board MODEL:PORT, --simulate MODEL or --cpu N; or leave out --hotplug 0"));
    }
    for pool in &plan.pools {
        let wanted = pool.session.algorithm.name();
        let runs = |board: &BoardPlan| board.model.algorithms().contains(&wanted);
        let plugged_in_later = later && wanted == "sha256d";
        if !plugged_in_later && !plan.boards.iter().any(runs) {
            let endpoint = &pool.link.endpoint;
            let what =
                format!("no board of this run can hash {wanted}, which {endpoint} has hashed");
            return Err(CliError::new(Exit::Usage, what)
                .hint("the processor can: --cpu N, 0 for all its cores; or ask for another algorithm with -a"));
        }
    }
    warn_of_idle_boards(plan);
    Ok(())
}

/// Boards that can hash nothing that any pool of this run wants.
fn warn_of_idle_boards(plan: &Plan) {
    let wanted = |board: &&BoardPlan| {
        let algorithms = board.model.algorithms();
        let mut pools = plan.pools.iter();
        pools.any(|pool| algorithms.contains(&pool.session.algorithm.name()))
    };
    for board in plan.boards.iter().filter(|board| !wanted(board)) {
        let (board, algorithms) = (board.described(), board.model.algorithms().join(", "));
        tracing::warn!("board {board} stays idle: it hashes {algorithms}, which no pool wants");
    }
}

/// What only some pools want: a node's login file, and the folder of found blocks with those of earlier runs.
fn care(settings: &Settings, pool: &PoolSettings, session: &mut SessionSettings) -> LinkCare {
    let makes_blocks = pool.endpoint.protocol.name == getblocktemplate::PROTOCOL.name;
    let blocks = makes_blocks.then(|| blocks_folder(settings)).flatten();
    session.solo.kept = blocks.as_deref().map_or_else(Vec::new, kept_blocks);
    LinkCare {
        cookie: settings.cookie.clone(),
        blocks,
        wall: WallClock::default(),
    }
}

/// Where found blocks are kept: the folder named, or the usual one (XDG base directory specification).
fn blocks_folder(settings: &Settings) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    settings.blocks.clone().or_else(|| {
        let state = set("XDG_STATE_HOME").map(PathBuf::from);
        let state = state.or_else(|| Some(PathBuf::from(set("HOME")?).join(".local/state")))?;
        Some(state.join("midstate/blocks"))
    })
}

/// How a pool is spoken to.
pub(super) fn session(
    settings: &Settings,
    algorithm: &'static dyn Algorithm,
    source: SourceId,
    endpoint: Endpoint,
    user: String,
    pass: Secret,
) -> SessionSettings {
    SessionSettings {
        algorithm,
        algorithm_named: settings.algo.is_some(),
        source,
        user,
        pass,
        agent: AGENT.to_owned(),
        version_mask: if settings.version_rolling {
            VERSION_MASK
        } else {
            0
        },
        suggest_difficulty: settings.suggest_difficulty,
        subscribe_extranonce: true,
        submit_stale: settings.submit_stale,
        seed: rand::random(),
        endpoint,
        wall: WallTime {
            at: Instant::now(),
            unix: unix_time().into(),
        },
        solo: SoloSettings {
            payout: settings.payout.clone(),
            coinbase_text: settings.coinbase_text.clone(),
            kept: Vec::new(),
        },
    }
}

fn boards(settings: &Settings) -> Result<Vec<BoardPlan>, CliError> {
    let mut boards: Vec<BoardPlan> = Vec::new();
    for board in named(&settings.boards)? {
        if boards.iter().any(|other| other.has_port_of(&board)) {
            let port = board.place();
            return Err(
                CliError::new(Exit::Usage, format!("--board: port {port} is named twice"))
                    .hint("one port leads to one board; write each port once"),
            );
        }
        boards.push(board);
    }
    if settings.auto_boards {
        for board in find::certain_boards() {
            if !boards.iter().any(|other| other.has_port_of(&board)) {
                boards.push(board);
            }
        }
    }
    boards.extend(simulated(&settings.simulate)?);
    if let Some(threads) = settings.cpu {
        boards.extend(software(threads)?);
    }
    Ok(boards)
}

/// The boards that were named; of a USB model without a port all that are plugged in.
fn named(specs: &[BoardSpec]) -> Result<Vec<BoardPlan>, CliError> {
    let mut boards = Vec::new();
    for spec in specs {
        match spec.model.connection {
            Connection::Usb(_) if spec.port.as_os_str().is_empty() => {
                boards.extend(plugged_in(spec)?);
            }
            Connection::Serial { .. } | Connection::Usb(_) => {
                boards.push(at(spec, Reach::Port(spec.port.clone())));
            }
            Connection::Host => boards.push(at(spec, Reach::Host(spec.model.name.to_owned()))),
        }
    }
    Ok(boards)
}

fn at(spec: &BoardSpec, reach: Reach) -> BoardPlan {
    BoardPlan {
        model: spec.model,
        reach,
        options: spec.options.clone(),
        found: false,
    }
}

fn plugged_in(spec: &BoardSpec) -> Result<Vec<BoardPlan>, CliError> {
    let boards = find::of_model(spec.model, &spec.options, find::certain_boards());
    if boards.is_empty() {
        let name = spec.model.name;
        let text = format!("--board {spec}: no {name} is plugged in that we may open");
        let hint =
            format!("`midstate --scan` shows what is there; --board {name}:PORT names its port");
        return Err(CliError::new(Exit::Absent, text).hint(hint));
    }
    Ok(boards)
}

/// Boards inside the program. Emulators are slow beside hardware, so driver and emulator are told to report easier hashes.
pub(super) fn simulated(specs: &[SimSpec]) -> Result<Vec<BoardPlan>, CliError> {
    let mut plans = Vec::new();
    for spec in specs {
        let options = board::simulated(spec.model, spec.options.clone())?;
        for _ in 0..spec.count {
            let reach = match spec.model.connection {
                Connection::Serial { .. } | Connection::Usb(_) => {
                    Reach::Simulated(format!("sim{}", plans.len()))
                }
                Connection::Host => Reach::Host(format!("cpu{}", plans.len())),
            };
            plans.push(BoardPlan {
                model: spec.model,
                reach,
                options: options.clone(),
                found: false,
            });
        }
    }
    Ok(plans)
}

/// Threads of the processor that mine; 0: one a core.
fn software(threads: u32) -> Result<Vec<BoardPlan>, CliError> {
    let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    let threads = if threads == 0 { cores() } else { threads };
    let model = model("cpu")?;
    let plan = |index| BoardPlan {
        model,
        reach: Reach::Host(format!("cpu{index}")),
        options: BoardOptions::none(),
        found: false,
    };
    Ok((0..threads).map(plan).collect())
}
