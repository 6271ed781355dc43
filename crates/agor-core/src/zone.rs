//! What time it is where the person is.

use tz::TimeZone;

/// Returns by how many seconds the person's time is ahead of UTC at a moment, given in seconds since 1970: as
/// `TZ` says, else as the machine is set; 0 if neither can be read.
#[must_use]
pub fn offset_seconds(unix_seconds: i64) -> i32 {
    let said = std::env::var("TZ").ok();
    offset(said.as_deref(), unix_seconds)
}

fn offset(said: Option<&str>, unix_seconds: i64) -> i32 {
    let zone = match said.filter(|said| !said.is_empty()) {
        Some(said) => TimeZone::from_posix_tz(said),
        None => TimeZone::local(),
    };
    let zone = match zone {
        Ok(zone) => zone,
        Err(error) => {
            tracing::debug!(%error, "the time zone is not known");
            return 0;
        }
    };
    let local = zone.find_local_time_type(unix_seconds);
    local.map_or(0, |local| local.ut_offset())
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
}
