//! What time it is where the person is.

use std::sync::Arc;

use tz::TimeZone;

/// A day where the person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970-01-01.
    pub number: i64,
    /// When it ends, in milliseconds since 1970.
    pub ends_millis: u64,
}

/// A time zone as it was read once. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Zone(Option<Arc<TimeZone>>);

impl Zone {
    /// Returns the person's: as `TZ` says, else as the machine is set; UTC if neither can be read.
    #[must_use]
    pub fn here() -> Self {
        let said = std::env::var("TZ").ok();
        Self(read(said.as_deref()).map(Arc::new))
    }

    /// Returns the day on which a moment is, given in milliseconds since 1970.
    #[must_use]
    pub fn day(&self, unix_millis: u64) -> Day {
        let seconds = i64::try_from(unix_millis / 1_000).unwrap_or(0);
        let local = |seconds| {
            let zone = self.0.as_ref();
            let found = zone.and_then(|zone| zone.find_local_time_type(seconds).ok());
            seconds + found.map_or(0, |found| i64::from(found.ut_offset()))
        };
        let number = local(seconds).div_euclid(DAY_SECONDS);
        // The clock may be set between now and midnight.
        let mut ends = seconds + DAY_SECONDS - local(seconds).rem_euclid(DAY_SECONDS);
        ends -= local(ends) - (number + 1) * DAY_SECONDS;
        Day {
            number,
            ends_millis: u64::try_from(ends.max(seconds + 1)).unwrap_or(0) * 1_000,
        }
    }
}

/// Returns the milliseconds since 1970 of a time that is written in UTC (`2026-11-30T10:35:15.596Z`).
#[must_use]
pub fn utc_millis(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.split('-');
    let year = i64::from(date.next()?.parse::<u16>().ok()?);
    let month = i64::from(date.next()?.parse::<u8>().ok()?);
    let day = i64::from(date.next()?.parse::<u8>().ok()?);
    let mut time = time.split(':');
    let hour = i64::from(time.next()?.parse::<u8>().ok()?);
    let minute = i64::from(time.next()?.parse::<u8>().ok()?);
    let seconds: f64 = time.next()?.parse().ok()?;
    let known = (1..=12).contains(&month) && (0.0..61.0).contains(&seconds);
    // As in `date`, the other way round.
    let (year, from_march) = match month {
        3.. => (year, month - 3),
        _ => (year - 1, month + 9),
    };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    let days = era * 146_097 + of_era - 719_468;
    let millis = ((days * 24 + hour) * 60 + minute) * 60_000 + (seconds * 1_000.0).round() as i64;
    u64::try_from(millis).ok().filter(|_| known)
}

/// Returns a day as a person writes it: year, month and day with hyphens.
#[must_use]
pub fn date(day: i64) -> String {
    // Days from the first of March of the year 0, in eras of 400 years, which are all alike.
    let days = day + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

const DAY_SECONDS: i64 = 86_400;

/// Returns by how many seconds the person's time is ahead of UTC at a moment, given in seconds since 1970: as
/// `TZ` says, else as the machine is set; 0 if neither can be read.
#[must_use]
pub fn offset_seconds(unix_seconds: i64) -> i32 {
    let said = std::env::var("TZ").ok();
    offset(said.as_deref(), unix_seconds)
}

fn offset(said: Option<&str>, unix_seconds: i64) -> i32 {
    let Some(zone) = read(said) else {
        return 0;
    };
    let local = zone.find_local_time_type(unix_seconds);
    local.map_or(0, |local| local.ut_offset())
}

fn read(said: Option<&str>) -> Option<TimeZone> {
    let zone = match said.filter(|said| !said.is_empty()) {
        Some(said) => TimeZone::from_posix_tz(said),
        None => TimeZone::local(),
    };
    zone.inspect_err(|error| tracing::debug!(%error, "the time zone is not known"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_has_its_summer_time() {
        let berlin = Some("CET-1CEST,M3.5.0,M10.5.0/3");
        let (january, july) = (1_768_000_000, 1_784_000_000);
        assert_eq!(offset(berlin, january), 3_600);
        assert_eq!(offset(berlin, july), 7_200);
        assert_eq!(offset(Some("UTC0"), july), 0);
        assert_eq!(offset(Some("no zone at all"), july), 0);
    }

    #[test]
    fn a_day_ends_at_midnight_also_when_the_clock_is_set() {
        let berlin = Zone(read(Some("CET-1CEST,M3.5.0,M10.5.0/3")).map(Arc::new));
        // 2026-03-29 00:30 there: the day has 23 hours.
        let day = berlin.day(1_774_740_600_000);
        assert_eq!(date(day.number), "2026-03-29");
        assert_eq!(day.ends_millis, 1_774_821_600_000, "22:00 UTC");
        assert_eq!(berlin.day(day.ends_millis).number, day.number + 1);
        assert_eq!(berlin.day(day.ends_millis - 1).number, day.number);
        let utc = Zone::default().day(86_400_000 * 3 + 1);
        assert_eq!((utc.number, utc.ends_millis), (3, 86_400_000 * 4));
    }

    #[test]
    fn a_time_of_utc_is_read_to_its_millisecond() {
        assert_eq!(utc_millis("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(utc_millis("2000-02-29T23:59:59.5Z"), Some(951_868_799_500));
        assert_eq!(
            utc_millis("2026-11-30T10:35:15.596Z"),
            Some(1_796_034_915_596)
        );
        for none in [
            "",
            "2026-11-30",
            "2026-13-30T10:35:15Z",
            "2026-11-30T10:35:1e9Z",
            "1960-01-01T00:00:00Z",
        ] {
            assert_eq!(utc_millis(none), None, "{none}");
        }
    }

    #[test]
    fn a_date_is_written_as_people_do() {
        let dates = [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (20_787, "2026-11-30"),
            (-1, "1969-12-31"),
        ];
        for (day, expected) in dates {
            assert_eq!(date(day), expected);
        }
    }
}
