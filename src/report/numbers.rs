//! Numbers as people read them.

use std::time::Duration;

/// The two greatest units: `45 s`, `2m30s`, `3h05m`, `4d02h`.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// Milliseconds with what precision matters: `0.21 ms`, `3.4 ms`, `23 ms`.
pub(super) fn latency(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    match ms {
        ms if ms < 1.0 => format!("{ms:.2} ms"),
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms => format!("{ms:.0} ms"),
    }
}

/// `part` of `whole` in percent; nothing of nothing is 0.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0 %".to_owned();
    }
    let percent = 100.0 * part as f64 / whole as f64;
    match percent {
        p if p == 0.0 || p >= 99.95 => format!("{p:.0} %"),
        p if p < 0.1 => "<0.1 %".to_owned(),
        p => format!("{p:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let shown = |seconds| duration(Duration::from_secs(seconds));
        assert_eq!(shown(0), "0 s");
        assert_eq!(shown(150), "2m30s");
        assert_eq!(shown(11_100), "3h05m");
        assert_eq!(shown(352_800), "4d02h");
    }

    #[test]
    fn latencies() {
        let shown = |micros| latency(Duration::from_micros(micros));
        assert_eq!(shown(212), "0.21 ms");
        assert_eq!(shown(3_400), "3.4 ms");
        assert_eq!(shown(23_400), "23 ms");
    }

    #[test]
    fn percentages_are_never_nan() {
        assert_eq!(percent(0, 0), "0 %");
        assert_eq!(percent(0, 5), "0 %");
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(1, 100_000), "<0.1 %");
        assert_eq!(percent(7, 7), "100 %");
    }
}
