//! `log`: what happened in a session, event by event.

use agor_proto::event::{Event, LogCursor};
use agor_proto::ids::{Seq, SessionId};
use agor_proto::limits::EVENTS_ASKED_MAX;
use agor_proto::message::{Part, Query, Visibility};
use agor_proto::session::SessionInfo;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use crate::client::connection::State;
use crate::client::{Client, Told};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The session: its name, its id or the begin of its id
    session: String,
    /// The number of the first event
    #[arg(long, value_name = "N", default_value_t = 1)]
    from: u64,
    /// Go on with what happens from now on
    #[arg(long, short)]
    follow: bool,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    context.block_on(async {
        let client = context.client().await?;
        let info = context.session(&client, &arguments.session).await?;
        let from = Seq(arguments.from.max(1));
        let next = past(&client, info.id, from, context.json).await?;
        if arguments.follow {
            follow(&client, &info, next, context.json).await?;
        }
        Ok(Exit::SUCCESS)
    })
}

/// Prints the events from `from` on that are kept; returns the one that comes next.
async fn past(client: &Client, session: SessionId, from: Seq, json: bool) -> Result<Seq, Failure> {
    let mut next = from;
    loop {
        let mut answers = client.ask(Query::Events {
            session,
            from: next,
            count: EVENTS_ASKED_MAX,
        })?;
        let mut count = 0;
        while let Some(part) = answers.next().await {
            let Part::Events { events } = part? else {
                continue;
            };
            if let Some(first) = events.first()
                && first.seq > next
            {
                output::note(format_args!(
                    "events before {} are not shown: they are not kept",
                    first.seq
                ));
            }
            for event in &events {
                print(session, event, json)?;
                next = event.seq.next();
            }
            count += events.len() as u64;
        }
        if count < EVENTS_ASKED_MAX {
            return Ok(next);
        }
    }
}

/// Prints the events from `next` on as they happen.
async fn follow(client: &Client, info: &SessionInfo, next: Seq, json: bool) -> Result<(), Failure> {
    let cursor = LogCursor {
        session: info.id,
        epoch: info.epoch,
        applied: Seq(next.0 - 1),
    };
    let mut told = client.subscribe(cursor, Visibility::Hidden)?;
    while let Some(told) = told.next().await {
        match told {
            Told::Events(events) => {
                for event in events.iter().filter(|event| event.seq >= next) {
                    print(info.id, event, json)?;
                }
            }
            Told::Subscribed(subscribed) if subscribed.from > next => {
                output::note(format_args!(
                    "events before {} are not shown: they are not kept, or too many",
                    subscribed.from
                ));
            }
            Told::Problem(error) => return Err(error.into()),
            Told::Connection(State::Ended(_)) => {
                return Err(Failure::new(Exit::NO_HOST, "the host went away"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn print(session: SessionId, event: &Event, json: bool) -> Result<(), Failure> {
    if json {
        let mut value = serde_json::to_value(event).unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            fields.insert("session".into(), session.to_string().into());
        }
        return output::json(&value);
    }
    output::line(in_a_line(event))
}

/// Returns an event for a person: number, time, kind and what it holds.
fn in_a_line(event: &Event) -> String {
    let value = serde_json::to_value(&event.body).unwrap_or_default();
    let kind = value
        .get("kind")
        .and_then(|kind| kind.as_str())
        .unwrap_or("unknown");
    let mut with = value.get("with").cloned().unwrap_or_default();
    if let Some(spec) = with.get_mut("spec").and_then(|spec| spec.as_object_mut()) {
        // An environment is long, and not what a person looks for here.
        spec.remove("env");
    }
    let with = match with {
        serde_json::Value::Null => String::new(),
        with => with.to_string(),
    };
    let line = format!(
        "{:>6}  {}  {kind:<18} {with}",
        event.seq,
        time(event.at_millis)
    );
    line.trim_end().to_owned()
}

/// Returns a time as RFC 3339 has it, in UTC.
pub fn time(unix_millis: u64) -> String {
    let (days, millis) = (unix_millis / 86_400_000, unix_millis % 86_400_000);
    // Days to civil date, after Howard Hinnant's `civil_from_days`; days since 1970 are never
    // negative here.
    let z = days + 719_468;
    let era = z / 146_097;
    let day_of_era = z % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use agor_proto::event::EventBody;
    use agor_proto::ids::Offset;

    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(time(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(time(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(time(1_763_683_200_123), "2025-11-21T00:00:00.123Z");
        assert_eq!(time(4_102_444_799_999), "2099-12-31T23:59:59.999Z");
    }

    #[test]
    fn an_event_is_a_line_without_the_environment() {
        let event = |body| Event {
            seq: Seq(7),
            at_millis: 0,
            offset: Offset(3),
            body,
        };
        let exited = in_a_line(&event(EventBody::Exited { code: 3, signal: 0 }));
        assert!(
            exited.contains("exited") && exited.contains("\"code\":3"),
            "{exited}"
        );
        let spec = agor_proto::session::SessionSpec {
            argv: vec!["ls".into()],
            folder: "/".into(),
            cwd: None,
            agent: None,
            name: String::new(),
            env: vec![("K".into(), "canary".into())],
            size: agor_proto::ids::Size::cells(80, 24),
            private: false,
        };
        let created = in_a_line(&event(EventBody::Created { spec }));
        assert!(
            created.contains("ls") && !created.contains("canary"),
            "{created}"
        );
    }
}
