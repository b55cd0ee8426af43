//! Log lines, as text for people or as JSON for programs; all to standard error, everything from outside escaped.

use std::time::Instant;

use serde_json::{Value, json};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry};

use super::fields::Fields;
use super::fold::{Folded, shape};
use super::json::json_text;
use super::screen::Screen;

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// A level or filter directives, as `RUST_LOG` has them.
    pub filter: String,
    /// The form of a line.
    pub format: LogFormat,
    /// Whether levels are coloured.
    pub color: bool,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people; lines like each other are folded.
    Text,
    /// One object a line with the keys `ts`, `level`, `event`, `message`, `target` and where they apply `board`, `chip`, `pool`, `job`;
    /// never folded.
    Json,
}

/// Why logging does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The filter is none.
    #[error("log filter {filter:?}: {problem}")]
    Filter {
        /// The filter.
        filter: String,
        /// What is wrong with it.
        problem: String,
    },
    /// This process logs already.
    #[error("logging was started twice")]
    Twice,
    /// There is no thread to write with.
    #[error("no thread for standard error: {0}")]
    Thread(std::io::Error),
}

/// The longest line at levels that are shown unasked; a pool's own words are cut much shorter where they come in.
const USUAL_LIMIT: usize = 2_000;
/// The longest line of what was asked for: a protocol line with everything around it.
const WHOLE_LIMIT: usize = 70_000;
/// The target of protocol lines (`--dump-protocol`).
const PROTOCOL: &str = "midstate::protocol";
/// Events that always are news; accepted shares pass up to [`SHARES`] in a window.
const NEVER_FOLDED: [&str; 4] = ["start", "status", "block", "summary"];
/// Accepted shares that are shown in a window before they are only counted.
const SHARES: u32 = 30;

/// Starts logging for this process; everything goes to the screen that is returned.
///
/// # Errors
/// When the filter is none, or logging has been started before.
pub fn init_logging(settings: &LogSettings) -> Result<Screen, LogError> {
    let screen = Screen::stderr().map_err(LogError::Thread)?;
    let subscriber = subscriber(settings, &screen)?;
    subscriber.try_init().map_err(|_| LogError::Twice)?;
    Ok(screen)
}

fn subscriber(
    settings: &LogSettings,
    screen: &Screen,
) -> Result<impl Subscriber + Send + Sync + use<>, LogError> {
    let filter = EnvFilter::builder().parse(&settings.filter);
    let filter = filter.map_err(|error| LogError::Filter {
        filter: settings.filter.clone(),
        problem: error.to_string(),
    })?;
    screen.set_folded_line(match settings.format {
        LogFormat::Text => |folded| text_line(folded.level, &folded.text(), false),
        LogFormat::Json => |folded| {
            let fields = Fields {
                message: folded.text(),
                ..Fields::default()
            };
            json_line(folded.level, "midstate", fields)
        },
    });
    let layer = LogLayer {
        screen: screen.clone(),
        format: settings.format,
        color: settings.color,
    };
    Ok(Registry::default().with(layer.with_filter(filter)))
}

/// Writes events to a screen.
struct LogLayer {
    screen: Screen,
    format: LogFormat,
    color: bool,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.add_outer(outer);
            }
        }
        let level = *event.metadata().level();
        match self.format {
            LogFormat::Text if event.metadata().target() == PROTOCOL => {
                self.write_whole(level, &fields);
            }
            LogFormat::Text => self.write_text(level, &fields),
            LogFormat::Json => {
                let line = json_line(level, event.metadata().target(), fields);
                self.screen.line(&line);
            }
        }
    }
}

impl LogLayer {
    /// What was asked for is neither folded nor cut short.
    fn write_whole(&self, level: Level, fields: &Fields) {
        let words = fields.words(WHOLE_LIMIT);
        self.screen.line(&text_line(level, &words, self.color));
    }

    fn write_text(&self, level: Level, fields: &Fields) {
        if level > Level::INFO {
            return self.write_whole(level, fields);
        }
        let words = fields.words(USUAL_LIMIT);
        let line = text_line(level, &words, self.color);
        let event = fields.event().unwrap_or_default();
        if NEVER_FOLDED.contains(&event) {
            return self.screen.line(&line);
        }
        let key = format!("{level}|{}{}", fields.subject(), shape(&words));
        let burst = if event == "accepted" { SHARES } else { 1 };
        let folded = Folded::new(level, words);
        self.screen
            .folding_line(&line, &key, &folded, burst, Instant::now());
    }
}

/// `2026-11-20T09:42:27.123Z INFO  words`.
fn text_line(level: Level, words: &str, color: bool) -> String {
    let time = timestamp();
    if !color {
        return format!("{time} {:<5} {words}", level.as_str());
    }
    let code = match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        _ => 34,
    };
    format!("{time} \x1b[{code}m{:<5}\x1b[0m {words}", level.as_str())
}

/// One JSON object; its encoder escapes what could forge a line.
fn json_line(level: Level, target: &str, fields: Fields) -> String {
    let mut object = fields.values;
    object.entry("event").or_insert_with(|| json!("log"));
    object.insert("ts".to_owned(), timestamp().into());
    let level = level.as_str().to_lowercase();
    object.insert("level".to_owned(), level.into());
    object.insert("target".to_owned(), target.into());
    object.insert("message".to_owned(), fields.message.into());
    json_text(&Value::Object(object))
}

/// The time now in UTC, RFC 3339 with milliseconds.
fn timestamp() -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    match text.split_once('.') {
        Some((seconds, fraction)) => format!("{seconds}.{fraction:.3}Z"),
        None => text,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::screen::tests::recorder;
    use super::*;

    /// What logs to `screen`.
    pub(crate) fn subscriber_on(
        settings: &LogSettings,
        screen: &Screen,
    ) -> impl Subscriber + Send + Sync + use<> {
        subscriber(settings, screen).unwrap()
    }

    /// The lines that `say` makes, without their times.
    pub(crate) fn logged(
        filter: &str,
        format: LogFormat,
        color: bool,
        say: impl FnOnce(),
    ) -> Vec<String> {
        let (screen, said) = recorder(None);
        let settings = LogSettings {
            filter: filter.to_owned(),
            format,
            color,
        };
        let subscriber = subscriber(&settings, &screen).unwrap();
        tracing::subscriber::with_default(subscriber, say);
        said.lock().unwrap().lines.clone()
    }

    fn text(say: impl FnOnce()) -> Vec<String> {
        let lines = logged("info", LogFormat::Text, false, say);
        let without_time = |line: &String| line.split_once(' ').unwrap().1.to_owned();
        lines.iter().map(without_time).collect()
    }

    #[test]
    fn text_lines_have_time_level_words_and_fields() {
        let lines = logged("info", LogFormat::Text, false, || {
            tracing::info!(pool = "p", count = 3, "hello");
            tracing::debug!("not shown");
        });
        assert_eq!(lines.len(), 1);
        let (time, rest) = lines[0].split_once(' ').unwrap();
        assert_eq!(time.len(), "2026-11-20T09:42:27.123Z".len(), "{time}");
        assert!(time.starts_with("20") && time.ends_with('Z'), "{time}");
        assert_eq!(rest, "INFO  hello count=3 pool=p");
    }

    #[test]
    fn nothing_from_outside_forges_a_line_or_moves_the_cursor() {
        let evil = "hi\n2026-11-20T00:00:00Z ERROR fire\x1b[2J\r\u{202e}";
        let lines = text(|| tracing::warn!(pool = evil, "{evil}"));
        assert_eq!(lines.len(), 1);
        let harmless = |line: &str| !line.chars().any(|c| c.is_control() || c == '\u{202e}');
        assert!(harmless(&lines[0]), "{:?}", lines[0]);
        let lines = logged("info", LogFormat::Json, false, || {
            tracing::warn!(pool = evil, "{evil}");
        });
        assert_eq!(lines.len(), 1);
        assert!(!lines[0].chars().any(char::is_control), "{:?}", lines[0]);
        let value: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(value["message"], evil);
    }

    #[test]
    fn json_lines_have_stable_keys() {
        let lines = logged("info", LogFormat::Json, true, || {
            let span = tracing::info_span!("link", pool = "p");
            let _entered = span.enter();
            tracing::warn!(event = "rejected", board = 3_u32, "no");
            tracing::info!("plain");
        });
        let value: Value = serde_json::from_str(&lines[0]).unwrap();
        for (key, expected) in [
            ("level", json!("warn")),
            ("event", json!("rejected")),
            ("board", json!(3)),
            ("pool", json!("p")),
            ("message", json!("no")),
        ] {
            assert_eq!(value[key], expected, "{key}");
        }
        assert!(value["ts"].is_string() && value["target"].is_string());
        let value: Value = serde_json::from_str(&lines[1]).unwrap();
        assert_eq!(value["event"], "log");
    }

    #[test]
    fn repeats_are_folded_and_told_at_the_end() {
        let (screen, said) = recorder(None);
        let settings = LogSettings {
            filter: "info".to_owned(),
            format: LogFormat::Text,
            color: false,
        };
        let subscriber = subscriber(&settings, &screen).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            for wait in [1, 2, 4] {
                tracing::warn!(pool = "a", "trying again in {wait} s");
                tracing::warn!(pool = "b", "trying again in {wait} s");
            }
        });
        screen.flush_all_folded();
        let lines = said.lock().unwrap().lines.clone();
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(
            lines[2].contains("WARN  2 more in ")
                && lines[2].ends_with(" s: trying again in 4 s pool=a"),
            "{lines:?}"
        );
    }

    #[test]
    fn colours_only_when_asked() {
        let say = || tracing::info!("x");
        assert!(!logged("info", LogFormat::Text, false, say)[0].contains('\x1b'));
        assert!(logged("info", LogFormat::Text, true, say)[0].contains("\x1b[32mINFO"));
    }

    #[test]
    fn filters_choose_and_bad_ones_are_named() {
        let say = || {
            tracing::warn!("w");
            tracing::info!("i");
        };
        assert_eq!(logged("warn", LogFormat::Text, false, say).len(), 1);
        let settings = LogSettings {
            filter: "a=b=c".to_owned(),
            format: LogFormat::Text,
            color: false,
        };
        let (screen, _) = recorder(None);
        let error = subscriber(&settings, &screen).err().unwrap().to_string();
        assert!(error.starts_with("log filter \"a=b=c\": "), "{error}");
    }
}
