//! The `[catalog]` table: what the whole catalogue is called, who answers for it, and in which zone its days lie.

use almanac_model::ReportId;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::document::{Section, Sections};
use super::fields::Fields;
use crate::problem::{Origin, Place, Problems};
use crate::{Label, suggest};

/// The `[catalog]` table.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) id: String,
    pub(crate) label: Label,
    pub(crate) owner: String,
    pub(crate) time_zone: TimeZone,
    pub(crate) time_zone_name: String,
    pub(crate) origin: Origin,
}

/// The one `[catalog]` table of all files.
pub(super) fn read_head(sections: &mut Sections<'_>, problems: &Problems) -> Option<Head> {
    let mut first: Option<Origin> = None;
    let heads = sections.read_each(Section::Catalog, |fields| {
        if let Some(first) = &first {
            fields.problems().report(
                fields.place(),
                format!("[catalog] stands at {first} already"),
                "keep one of them",
            );
        } else {
            first = Some(fields.place().origin());
        }
        read(fields)
    });
    if first.is_none() {
        problems.report(
            Place::start_of("catalog.toml"),
            "no file has a [catalog] table",
            "add one with id, time_zone, label and owner",
        );
    }
    heads.into_iter().next()
}

fn read(fields: &mut Fields<'_>) -> Option<Head> {
    // an id of the same alphabet as a report's
    let id = fields.id::<ReportId>("id");
    let time_zone = time_zone(fields);
    let (label, owner) = (fields.label("label"), fields.required_text("owner"));
    let (time_zone_name, time_zone) = time_zone?;
    Some(Head {
        id: id?.to_string(),
        label: label?,
        owner: owner?.value.to_owned(),
        time_zone,
        time_zone_name,
        origin: fields.place().origin(),
    })
}

/// The zone, from the rules that are built into the program: the day of an instant must not depend on the machine.
fn time_zone(fields: &mut Fields<'_>) -> Option<(String, TimeZone)> {
    let name = fields.required_text("time_zone")?;
    let bundled = TimeZoneDatabase::bundled();
    if let Ok(zone) = bundled.get(name.value) {
        return Some((name.value.to_owned(), zone));
    }
    let known: Vec<String> = bundled.available().map(|zone| zone.as_str().to_owned()).collect();
    let near = suggest::nearest(name.value, known.iter().map(String::as_str));
    fields.problems().report(
        name.place,
        format!("there is no time zone {:?}", name.value),
        suggest::remedy(&near, "write an IANA name, such as \"Asia/Ho_Chi_Minh\""),
    );
    None
}
