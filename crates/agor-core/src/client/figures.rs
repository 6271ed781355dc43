//! What a client counts of its links, for diagnostics: how far away the host is, what went over each
//! lane, why links were lost, how long commands take.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use agor_proto::frame::{HEADER_BYTES, Lane};
use agor_proto::ids::CommandId;
use agor_proto::message::{LaneStats, Message};
use serde::Serialize;

use crate::latency::Latencies;

/// Reasons for which links were lost that are told apart; further ones are counted together.
const REASONS_MAX: usize = 32;

/// Commands whose time is taken at once; a client with more under way measures some of them.
const TIMED_MAX: usize = 1_024;

/// What a client has counted since it began.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Microseconds of the smoothed round trip to the host (RFC 6298), once one was measured over
    /// this link.
    pub round_trip_micros: Option<u64>,
    /// Microseconds by which round trips vary (RFC 6298's RTTVAR).
    pub jitter_micros: Option<u64>,
    /// Links over which the host answered.
    pub links: u64,
    /// Why links were lost or not made, and how many for each reason.
    pub lost: BTreeMap<String, u64>,
    /// What went over all links, lane by lane; "sent" is what this client sent.
    pub lanes: Vec<LaneStats>,
    /// Bytes that wait to be sent.
    pub queued_bytes: u64,
    /// Frames of kinds that this release does not know.
    pub unknown_frames: u64,
    /// Events that came, and those of them that were new. The others were repeats, or behind a gap
    /// and asked for again.
    pub events: u64,
    /// See [`Figures::events`].
    pub new_events: u64,
    /// Screen updates that came, and those of them that fitted what was shown. For the others the
    /// whole screen was asked for.
    pub screens: u64,
    /// See [`Figures::screens`].
    pub fitting_screens: u64,
    /// Sessions that were followed, or taken up again after a gap or a pause.
    pub subscriptions: u64,
    /// Commands that came to their end, and how long half of them and all but one in a hundred took
    /// at most, from the wish to the receipt.
    pub commands: u64,
    /// See [`Figures::commands`].
    pub command_p50_micros: u64,
    /// See [`Figures::commands`].
    pub command_p99_micros: u64,
}

/// Counts for [`Figures`].
#[derive(Debug, Default)]
pub struct Counts {
    lanes: [LaneStats; Lane::ALL.len()],
    links: u64,
    lost: BTreeMap<String, u64>,
    unknown_frames: u64,
    events: u64,
    new_events: u64,
    screens: u64,
    fitting_screens: u64,
    subscriptions: u64,
    latencies: Latencies,
    begun: BTreeMap<CommandId, Instant>,
}

impl Counts {
    /// Counts a link over which the host answered.
    pub fn welcomed(&mut self) {
        self.links += 1;
    }

    /// Counts a link that was lost or could not be made.
    pub fn lost(&mut self, reason: &str) {
        let known = self.lost.len() < REASONS_MAX || self.lost.contains_key(reason);
        let reason = if known { reason } else { "other reasons" };
        *self.lost.entry(reason.to_owned()).or_default() += 1;
    }

    /// Counts a message that came in a body of so many bytes.
    pub fn received(&mut self, message: &Message, body_bytes: usize) {
        let lane = &mut self.lanes[message.lane() as usize];
        lane.received_frames += 1;
        lane.received_bytes += (HEADER_BYTES + body_bytes) as u64;
        match message {
            Message::Events(events) => self.events += events.events.len() as u64,
            Message::ScreenUpdate(_) => self.screens += 1,
            _ => {}
        }
    }

    /// Counts a message that was sent as a frame of so many bytes.
    pub fn sent(&mut self, message: &Message, bytes: usize) {
        let lane = &mut self.lanes[message.lane() as usize];
        lane.sent_frames += 1;
        lane.sent_bytes += bytes as u64;
        self.subscriptions += u64::from(matches!(message, Message::Subscribe(_)));
    }

    /// Counts frames that nobody here understands.
    pub fn unknown(&mut self, frames: u64) {
        self.unknown_frames += frames;
    }

    /// Counts events that were new.
    pub fn told_events(&mut self, count: usize) {
        self.new_events += count as u64;
    }

    /// Counts a screen update that fitted.
    pub fn told_screen(&mut self) {
        self.fitting_screens += 1;
    }

    /// Notes that a command was wished.
    pub fn begun(&mut self, command: CommandId, now: Instant) {
        if self.begun.len() < TIMED_MAX {
            self.begun.insert(command, now);
        }
    }

    /// Notes that a command has come to its end.
    pub fn ended(&mut self, command: CommandId, now: Instant) {
        if let Some(begun) = self.begun.remove(&command) {
            self.latencies.add(now.saturating_duration_since(begun));
        }
    }

    /// Forgets a command whose end will not be heard.
    pub fn given_up(&mut self, command: CommandId) {
        self.begun.remove(&command);
    }

    /// Returns what was counted.
    pub fn figures(
        &self,
        round_trip: Option<(Duration, Duration)>,
        queued_bytes: usize,
        unknown_frames: u64,
    ) -> Figures {
        let micros = |duration: Duration| duration.as_micros() as u64;
        let named = |(lane, counted): (&Lane, &LaneStats)| LaneStats {
            lane: lane.name().to_owned(),
            ..counted.clone()
        };
        Figures {
            round_trip_micros: round_trip.map(|(smoothed, _)| micros(smoothed)),
            jitter_micros: round_trip.map(|(_, variation)| micros(variation)),
            links: self.links,
            lost: self.lost.clone(),
            lanes: Lane::ALL.iter().zip(&self.lanes).map(named).collect(),
            queued_bytes: queued_bytes as u64,
            unknown_frames: self.unknown_frames + unknown_frames,
            events: self.events,
            new_events: self.new_events,
            screens: self.screens,
            fitting_screens: self.fitting_screens,
            subscriptions: self.subscriptions,
            commands: self.latencies.count(),
            command_p50_micros: self.latencies.percentile(50),
            command_p99_micros: self.latencies.percentile(99),
        }
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::message::Ping;

    use super::*;

    #[test]
    fn what_went_over_a_lane_is_counted_with_its_header() {
        let mut counts = Counts::default();
        let ping = Message::from(Ping {
            nonce: 1,
            micros: 2,
            ..Ping::default()
        });
        let mut frame = Vec::new();
        ping.encode(&mut frame).unwrap();
        counts.sent(&ping, frame.len());
        counts.received(&ping, frame.len() - HEADER_BYTES);
        let figures = counts.figures(None, 7, 3);
        let lane = figures.lanes.iter().find(|lane| lane.lane == "control");
        let lane = lane.unwrap();
        assert_eq!((lane.sent_frames, lane.received_frames), (1, 1));
        assert_eq!(lane.sent_bytes, frame.len() as u64);
        assert_eq!(lane.received_bytes, frame.len() as u64);
        assert_eq!((figures.queued_bytes, figures.unknown_frames), (7, 3));
    }

    #[test]
    fn reasons_without_end_and_commands_without_end_take_no_memory_without_end() {
        let mut counts = Counts::default();
        let now = Instant::now();
        for n in 0..10_000_u128 {
            counts.lost(&n.to_string());
            counts.begun(CommandId(n.to_le_bytes()), now);
        }
        assert_eq!(counts.lost.len(), REASONS_MAX + 1);
        assert_eq!(counts.begun.len(), TIMED_MAX);
        counts.ended(
            CommandId(3_u128.to_le_bytes()),
            now + Duration::from_millis(2),
        );
        let figures = counts.figures(Some((Duration::from_millis(4), Duration::ZERO)), 0, 0);
        assert_eq!(figures.round_trip_micros, Some(4_000));
        assert_eq!(figures.commands, 1);
        assert!((2_000..2_600).contains(&figures.command_p50_micros));
    }
}
