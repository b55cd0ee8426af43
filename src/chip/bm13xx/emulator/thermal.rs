//! Heat and power of a chain: power by clock and voltage, temperature of first order toward what the fan can carry away.

use std::time::Duration;

/// How a chain's heat comes and goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cooling {
    /// The air's temperature, degrees Celsius.
    pub ambient: f64,
    /// Kelvin per watt without fan.
    pub still: f64,
    /// Kelvin per watt at full fan.
    pub full: f64,
    /// Time in which 63 percent of a step is done, seconds.
    pub inertia: f64,
}

impl Cooling {
    /// For a board that draws `watts` at stock: 78 K above the air without fan, 26 K at full fan.
    pub fn for_power(watts: f64) -> Self {
        Self {
            ambient: 25.0,
            still: 78.0 / watts.max(0.1),
            full: 26.0 / watts.max(0.1),
            inertia: 20.0,
        }
    }

    /// Kelvin per watt at `fan`, 0 to 1: the first turns of a fan help most.
    fn resistance(&self, fan: f64) -> f64 {
        self.full + (self.still - self.full) * (1.0 - fan).powi(2)
    }
}

/// The state of a chain's heat.
#[derive(Debug, Clone, Copy)]
pub struct Thermal {
    cooling: Cooling,
    temperature: f64,
    fan: f64,
    power: f64,
}

impl Thermal {
    /// A cold chain with its fan at half speed.
    pub fn new(cooling: Cooling) -> Self {
        Self {
            cooling,
            temperature: cooling.ambient,
            fan: 0.5,
            power: 0.0,
        }
    }

    /// The fan turns at `percent`.
    pub fn set_fan(&mut self, percent: f64) {
        self.fan = (percent / 100.0).clamp(0.0, 1.0);
    }

    /// The chips draw `watts` from now on.
    pub fn set_power(&mut self, watts: f64) {
        self.power = watts;
    }

    /// The air has another temperature, degrees Celsius.
    pub fn set_ambient(&mut self, celsius: f64) {
        self.cooling.ambient = celsius;
    }

    /// Watts that the chips draw.
    pub fn power(&self) -> f64 {
        self.power
    }

    /// The hottest chip, degrees Celsius.
    pub fn temperature(&self) -> f64 {
        self.temperature
    }

    /// Lets `time` pass at constant power: the exact solution, whatever the step.
    pub fn pass(&mut self, time: Duration) {
        let end = self.cooling.ambient + self.power * self.cooling.resistance(self.fan);
        let left = (-time.as_secs_f64() / self.cooling.inertia).exp();
        self.temperature = end + (self.temperature - end) * left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(fan: f64, watts: f64, seconds: u64) -> f64 {
        let mut thermal = Thermal::new(Cooling::for_power(10.0));
        thermal.set_fan(fan);
        thermal.set_power(watts);
        thermal.pass(Duration::from_secs(seconds));
        thermal.temperature()
    }

    #[test]
    fn heat_follows_power_and_fan() {
        assert!((after(0.0, 10.0, 1000) - 103.0).abs() < 0.1);
        assert!((after(100.0, 10.0, 1000) - 51.0).abs() < 0.1);
        assert!((after(100.0, 0.0, 1000) - 25.0).abs() < 0.1);
        assert!(after(0.0, 10.0, 10) < after(0.0, 10.0, 20));
    }

    #[test]
    fn many_small_steps_are_one_large() {
        let mut thermal = Thermal::new(Cooling::for_power(10.0));
        thermal.set_power(10.0);
        (0..1000).for_each(|_| thermal.pass(Duration::from_millis(10)));
        assert!((thermal.temperature() - after(50.0, 10.0, 10)).abs() < 1e-6);
    }
}
