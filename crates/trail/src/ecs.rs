//! The events as lines for a collector: JSON with the field names of the Elastic Common Schema 8.17, or text for
//! people. One event is one line, whatever is in it.
//!
//! ```
//! use fic_trail::ecs::{Lines, Shape};
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! let subscriber = tracing_subscriber::registry().with(Lines::new(Shape::Json, std::io::stderr).layer());
//! tracing::subscriber::with_default(subscriber, || { /* thumbnails */ });
//! ```

mod line;
mod moment;

use std::io::Write;
use std::time::SystemTime;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::TARGET;

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A JSON object.
    Json,
    /// Words and `name=value`, for people.
    Text,
}

/// Which lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Refusals, failures and incidents.
    Events,
    /// Those, and a line at the end of each call and stage, with its time.
    EventsAndStages,
}

type Clock = fn() -> SystemTime;

/// Every field of an event or a span, and the name that it has in JSON.
pub fn fields() -> impl Iterator<Item = (&'static str, String)> {
    line::FIELDS.iter().map(|ours| (*ours, line::theirs(ours)))
}

/// Writes each event of this stack as one line to what `open` opens; other events are left to others.
#[derive(Clone, Debug)]
pub struct Lines<O> {
    shape: Shape,
    which: Which,
    open: O,
    clock: Clock,
}

impl<O, W> Lines<O>
where
    O: Fn() -> W,
    W: Write,
{
    /// Lines of that shape, for events only.
    pub fn new(shape: Shape, open: O) -> Lines<O> {
        Lines { shape, which: Which::Events, open, clock: SystemTime::now }
    }

    /// The same for other lines.
    #[must_use]
    pub fn with(mut self, which: Which) -> Lines<O> {
        self.which = which;
        self
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Lines<O> {
        self.clock = clock;
        self
    }

    /// The layer, with a filter of its own: it asks for what it writes, and other layers get what they ask for.
    pub fn layer<S>(self) -> impl Layer<S> + Send + Sync
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
        O: Send + Sync + 'static,
        W: 'static,
    {
        let which = self.which;
        let most = match which {
            Which::Events => LevelFilter::INFO,
            Which::EventsAndStages => LevelFilter::DEBUG,
        };
        let wanted = FilterFn::new(move |metadata| {
            metadata.target() == TARGET && (metadata.is_event() || which == Which::EventsAndStages)
        });
        Writer(self).with_filter(wanted.with_max_level_hint(most))
    }

    fn write(&self, level: Level, fields: &Fields) {
        let mut line = match self.shape {
            Shape::Json => line::json((self.clock)(), level, fields),
            Shape::Text => line::text((self.clock)(), level, fields),
        };
        line.push('\n');
        // In one call, so that lines of several threads do not mix. Nobody is left to tell where it fails.
        let _ = (self.open)().write_all(line.as_bytes());
    }
}

struct Writer<O>(Lines<O>);

impl<S, O, W> Layer<S> for Writer<O>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    O: Fn() -> W + 'static,
    W: Write,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.0.write(*event.metadata().level(), &fields);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id)
            && let Some(fields) = span.extensions().get::<Fields>()
        {
            self.0.write(*span.metadata().level(), fields);
        }
    }
}

/// The fields of one event or span, as they came.
#[derive(Debug, Default)]
struct Fields(Vec<(&'static str, Value)>);

#[derive(Debug)]
enum Value {
    Bool(bool),
    Float(f64),
    Text(String),
    Unsigned(u64),
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.retain(|(name, _)| *name != field.name());
        self.0.push((field.name(), value));
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(named, _)| *named == name).and_then(|(_, value)| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::Bool(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::Unsigned(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Value::Float(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::Text(value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, Value::Text(format!("{value:?}")));
    }
}
