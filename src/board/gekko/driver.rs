//! The driver of every stick: power, chain, telemetry, and back to cold whatever happens.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bridge::Bridge;
use super::bystander::Bystander;
use super::member::{BridgeKind, Member};
use super::settings::Settings;
use super::telemetry::Telemetry;
use super::watch::{GENTLEST, Watch};
use crate::board::bitaxe::Tuning;
use crate::board::chain::Mending;
use crate::board::{
    Ability, Board, BoardError, BoardEvent, BoardOptions, Links, Telemetry as Values,
};
use crate::chip::bm13xx::Chain;
use crate::transport::{SharedTransport, Transport, TransportError};
use crate::units::Hashrate;

/// How often a stick without sensors says how it stands.
const STATUS_EVERY: Duration = Duration::from_secs(10);
/// How long the latch keeps chips and regulator off.
const LATCHED_OFF: Duration = Duration::from_millis(100);
/// How long the reset line stays high before it goes low, and after it.
const HIGH_BEFORE: Duration = Duration::from_millis(30);
const HIGH_AFTER: Duration = Duration::from_millis(200);

/// Commands to the telemetry controller (section 13).
pub(super) const VOLTAGE: u8 = b'V';
const REGULATOR_ON: [u8; 2] = *b"BO";
const REGULATOR_OFF: [u8; 2] = *b"B-";
const LED_WORK: [u8; 2] = *b"LN";
const LED_OFF: [u8; 2] = *b"L-";
const FAN: u8 = b'F';
/// What a board gets at least, volts.
const USB_VOLTS: f64 = 5.0;
/// Millivolts of one step of the regulator.
pub(super) const VOLTAGE_STEP: u32 = 5;

/// A stick.
pub(super) struct Gekko {
    pub(super) member: &'static Member,
    pub(super) settings: Settings,
    bridge: Bridge,
    pub(super) port: SharedTransport,
    /// The control port, until the controller behind it was asked who it is.
    control: Option<Box<dyn Transport>>,
    pub(super) telemetry: Option<Telemetry>,
    pub(super) chain: Option<Chain>,
    pub(super) watch: Option<Watch>,
    /// Told before anything else.
    pub(super) said: VecDeque<BoardEvent>,
    status_at: Instant,
    pub(super) tuning: Option<Tuning>,
    /// The core voltage that was set last, millivolts.
    pub(super) set_millivolts: u32,
    /// The chain searches: only then does silence tell the tuner anything.
    pub(super) has_work: bool,
    mending: Mending,
    /// Whether anything may be under power.
    warm: bool,
}

impl Gekko {
    /// A driver over open ports; nothing is sent yet.
    ///
    /// # Errors
    /// [`BoardError::Option`], or that a port is missing.
    pub(super) fn open(
        member: &'static Member,
        links: Links,
        options: &BoardOptions,
    ) -> Result<Box<dyn Board>, BoardError> {
        let settings = Settings::parse(member, options)?;
        let missing =
            |what: &str| TransportError::NotFound(format!("{what} of a {}", member.name).into());
        let port = SharedTransport::new(links.data.ok_or_else(|| missing("data port"))?);
        if member.bridge == BridgeKind::Cp2105 && links.control.is_none() {
            return Err(missing("telemetry port").into());
        }
        let status_at = port.now();
        let mut board = Self {
            member,
            settings,
            bridge: Bridge::new(member.bridge, links.vendor),
            port,
            control: links.control,
            telemetry: None,
            chain: None,
            watch: None,
            said: VecDeque::new(),
            status_at,
            tuning: None,
            set_millivolts: 0,
            has_work: false,
            mending: Mending::default(),
            warm: false,
        };
        board.begin_tuning(links.serial_number.as_deref());
        Ok(Box::new(board))
    }

    /// Switches everything on and brings the chain up.
    pub(super) fn power_up(&mut self) -> Result<Ability, BoardError> {
        self.warm = true;
        self.pulse_reset()?;
        self.power_controller()?;
        self.port.set_parity(self.member.bridge.parity())?;
        self.port.set_baud(self.settings.chain.reset_baud)?;
        self.port.drain()?;
        let port = Box::new(self.port.clone());
        let mut settings = self.settings.chain.clone();
        if self.watch.is_some() {
            settings.clock_mhz = self.clock_at(GENTLEST);
        }
        let mut bystander = Bystander {
            bridge: &mut self.bridge,
            sensors: self.telemetry.as_mut().zip(self.watch.as_mut()),
        };
        let chain = Chain::bring_up(port, settings, &mut bystander)?;
        let mut ability = Ability::from(&chain);
        if self.watch.is_some() {
            let wanted = self.settings.chain.clock_mhz;
            ability.details = format!("{}, on its way to {wanted:.2} MHz", ability.details);
        }
        self.status_at = chain.now();
        self.chain = Some(chain);
        Ok(ability)
    }

    /// `share` percent of the clock that the user wants, as far down as the chips go, MHz.
    pub(super) fn clock_at(&self, share: u8) -> f64 {
        let wanted = self.settings.chain.clock_mhz;
        (wanted * f64::from(share) / 100.0).max(self.member.mhz.least.min(wanted))
    }

    /// Resets the chips. The latch does it while the regulator is off; from then on it stays as it is until the end.
    fn pulse_reset(&mut self) -> Result<(), BoardError> {
        match self.member.bridge {
            BridgeKind::Cp2102 => {}
            BridgeKind::Ftx => {
                self.bridge.hold(false)?;
                self.port.sleep(HIGH_BEFORE);
                self.bridge.hold(true)?;
                self.port.sleep(self.member.reset_low);
            }
            BridgeKind::Cp2105 => {
                self.bridge.hold(true)?;
                self.port.sleep(LATCHED_OFF);
            }
        }
        self.bridge.hold(false)?;
        self.port.sleep(HIGH_AFTER);
        Ok(())
    }

    /// Core voltage and light of the boards that have a controller, once it was seen that they are not too hot for it.
    fn power_controller(&mut self) -> Result<(), BoardError> {
        if let Some(line) = self.control.take() {
            self.telemetry = Some(Telemetry::start(line)?);
        }
        let (Some(telemetry), Some(millivolts)) = (&mut self.telemetry, self.settings.millivolts)
        else {
            return Ok(());
        };
        if self.member.fan {
            telemetry.command([FAN, 100])?;
        }
        let reading = telemetry.read()?;
        let most = self.member.most_watts(self.settings.chain.expected_chips);
        let watch = self.watch.get_or_insert_with(|| {
            let amps = most / reading.input_voltage.unwrap_or(USB_VOLTS).max(USB_VOLTS);
            Watch::new(&self.settings, amps as f32, self.port.now())
        });
        if let Some(why) = watch.forbids(&reading) {
            return Err(BoardError::Unsafe(why));
        }
        watch.begin();
        watch.set_volts(millivolts as f32 / 1000.0, self.port.now());
        self.set_millivolts = millivolts;
        telemetry.command([VOLTAGE, (millivolts / VOLTAGE_STEP) as u8])?;
        telemetry.command(REGULATOR_ON)?;
        telemetry.command(LED_WORK)
    }

    /// Stops the chips and takes everything away from them: each switch is tried, whatever the others said.
    pub(super) fn cool_down(&mut self) -> Result<(), BoardError> {
        if !self.warm {
            return Ok(());
        }
        let halted = self.chain.take().map_or(Ok(()), |mut chain| chain.halt());
        let shouted = match &mut self.telemetry {
            Some(telemetry) => [REGULATOR_OFF, LED_OFF]
                .into_iter()
                .try_for_each(|command| telemetry.shout(command)),
            None => Ok(()),
        };
        let held = self.bridge.hold(true);
        held?;
        self.warm = false;
        shouted?;
        halted.map_err(BoardError::from)
    }

    /// Brings a chain up anew that finds too little.
    fn mend(&mut self) -> Result<(), BoardError> {
        match self.chain.as_ref().and_then(|chain| self.mending.of(chain)) {
            Some(words) => {
                self.cool_down()?;
                self.switch_on(words)?;
                // A watched chain comes up at its slowest.
                let share = self.watch.as_ref().and_then(Watch::share);
                share.map_or(Ok(()), |share| self.slow_to(share))
            }
            None => Ok(()),
        }
    }

    /// Goes on with what runs beside the chain.
    pub(super) fn look_after(&mut self) -> Result<(), BoardError> {
        self.mend()?;
        if self.telemetry.is_some() {
            return self.look_at_telemetry();
        }
        let now = self.port.now();
        if now >= self.status_at {
            self.status_at = now + STATUS_EVERY;
            let values = self.values();
            self.said.push_back(BoardEvent::Telemetry(values));
        }
        Ok(())
    }

    /// What the chain says of itself.
    pub(super) fn values(&self) -> Values {
        Values {
            clock: self.chain.as_ref().map(|chain| chain.clock_mhz() as f32),
            chips: self.chain.as_ref().map(Chain::chips),
            ..Values::default()
        }
    }

    /// The fan's drive, percent.
    pub(super) fn drive_fan(&mut self, percent: u8) {
        if let Some(telemetry) = self.telemetry.as_mut().filter(|_| self.member.fan) {
            telemetry.request([FAN, percent]);
        }
    }

    /// The chips go off; the board waits until they may go on again.
    pub(super) fn switch_off(&mut self, why: String) -> Result<(), BoardError> {
        self.said.push_back(BoardEvent::Notice(why));
        self.said.push_back(BoardEvent::Rate(Hashrate::ZERO));
        self.cool_down()
    }

    /// The chips may go on again.
    pub(super) fn switch_on(&mut self, why: String) -> Result<(), BoardError> {
        self.said.push_back(BoardEvent::Notice(why));
        let ability = match self.power_up() {
            Err(BoardError::Unsafe(why)) => return self.rest_again(&why),
            ability => ability?,
        };
        self.said.push_back(BoardEvent::Rate(ability.nominal));
        self.said
            .push_back(BoardEvent::Threshold(ability.threshold));
        Ok(())
    }

    /// What was wrong with the board is so again, or something else is: it waits for the next time.
    fn rest_again(&mut self, why: &str) -> Result<(), BoardError> {
        let now = self.port.now();
        if let Some(watch) = &mut self.watch {
            watch.interrupted(now);
        }
        self.switch_off(format!("{why}: core voltage switched off"))
    }

    /// When something beside the chain is due.
    pub(super) fn own_due(&self) -> Instant {
        let asked = self.telemetry.as_ref().and_then(Telemetry::due);
        let watch = self.watch.as_ref().map(Watch::due);
        let status = self.telemetry.is_none().then_some(self.status_at);
        let all = [asked, watch, status].into_iter().flatten();
        all.min().unwrap_or(self.status_at)
    }

    /// Waits for the chain, or without one for `until`.
    pub(super) fn listen(&mut self, until: Instant) -> Result<Option<BoardEvent>, BoardError> {
        if let Some(chain) = &mut self.chain {
            let event = chain.poll(until)?.map(BoardEvent::from);
            if let Some(event) = &event {
                self.count(event);
            }
            return Ok(event);
        }
        self.port.read(&mut [0; 64], until)?;
        Ok(None)
    }
}
