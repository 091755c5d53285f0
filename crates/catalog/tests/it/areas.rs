//! What the area files may not say. Each snapshot has a line for each mistake, in the order of the changes.

use almanac_catalog::Extent;

use crate::catalogue::{problems, told, with, with_more};

#[test]
fn lines_and_columns() {
    insta::assert_snapshot!(told("areas.csv", &[
        ("valid_from", "from"),
        (",valid_to", ""),
        ("973,973,", "973,"),
        ("Huyện Ngọc Hiển", ""),
        ("1997-01-01", "1997-1-1"),
        ("973,973,Huyện Ngọc Hiển,district,96,2004-01-01", "973,973,Huyện Ngọc Hiển,district,96,2025-08-01"),
        ("Huyện Ngọc Hiển", "\"Huyện Ngọc Hiển"),
    ]), @r#"
areas.csv:1: the column "valid_from" is not there; begin the file with the line area,code,name_vi,level,parent,valid_from,valid_to
areas.csv:1: there is no column "from"; did you mean "valid_from"?
areas.csv:1: the column "valid_to" is not there; begin the file with the line area,code,name_vi,level,parent,valid_from,valid_to
areas.csv:6: this line has 6 fields; the header has 7; write one field for each column, in quotes when it has a comma
areas.csv:6: "name_vi" is empty; write what it is
areas.csv:2: "valid_from" is "1997-1-1", which is not a day of the calendar; write it as "2017-01-31"
areas.csv:6: area "973" ends before it begins; write as valid_to the first day on which it is no longer so
areas.csv:10: area "32244" lies under "973", which does not exist on 2004-01-01; give the area another parent from that day on, or correct the dates
areas.csv:6: this line has 3 fields; the header has 7; write one field for each column, in quotes when it has a comma
"#);
    let windows = crate::catalogue::files()
        .get("areas.csv")
        .unwrap()
        .replace('\n', "\r\n")
        .replace("Xã Đất Mũi,commune,973", "Xã Đất Mũi,commune,9");
    let mut files = crate::catalogue::files();
    files.insert("areas.csv", windows);
    insta::assert_snapshot!(problems(&files), @r#"areas.csv:10: there is no area "9"; did you mean "95" or "96"?"#);
}

#[test]
fn rule_17_parents_are_dated() {
    insta::assert_snapshot!(told("areas.csv", &[
        ("district,96,2004", "district,69,2004"),
        ("commune,96,2025", "commune,964,2025"),
        ("commune,973,2004-01-01", "commune,973,2003-01-01"),
        ("district,96,2004", "district,32002,2004"),
        ("district,96,2004", "district,964,2004"),
    ]), @r#"
areas.csv:5: there is no area "69"; define it, or name a defined area
areas.csv:11: area "31813.2025" lies under "964", which does not exist on 2025-07-01; give the area another parent from that day on, or correct the dates
areas.csv:10: area "32244" lies under "973", which does not exist on 2003-01-01; give the area another parent from that day on, or correct the dates
areas.csv:5: area "964", a district, lies under "32002", a commune; name a parent of a level above
areas.csv:9: area "32002" lies under itself: 32002 -> 964 -> 32002; correct the parents
areas.csv:5: area "964" lies under itself: 964 -> 964; correct the parents
areas.csv:5: area "964", a district, lies under "964", a district; name a parent of a level above
"#);
    insta::assert_snapshot!(problems(&with_more("areas.csv", "973,973,Huyện Ngọc Hiển,district,95,2020-01-01,2021-01-01\n")), @r#"areas.csv:14: area "973" has two parents on 2020-01-01: "96" (at areas.csv:6) and "95"; end one line where the other begins"#);
    insta::assert_snapshot!(problems(&with_more("areas.csv", "973,973,Huyện Ngọc Hiển,district,96,2020-01-01,2021-01-01\n")), @r#"areas.csv:14: area "973" is valid twice on 2020-01-01, here and at areas.csv:6; end one line where the other begins"#);
    insta::assert_snapshot!(problems(&with_more("areas.csv", "973,974,Ngọc Hiển,district,96,2025-07-01,\n")), @r#"areas.csv:14: area "973" has another code, name or level at areas.csv:6; write the same in both lines, or give the later unit another area id"#);
    insta::assert_snapshot!(problems(&with_more("areas.csv", "974,973,Huyện Khác,district,96,2025-01-01,\n")), @r#"areas.csv:14: areas "973" (at areas.csv:6) and "974" both have the code "973" on 2025-01-01; give each its own code, or end one where the other begins"#);
}

#[test]
fn no_area_lies_under_itself() {
    let mut files = with(
        "areas.csv",
        "964,964,Thành phố Cà Mau,district,96",
        "964,964,Thành phố Cà Mau,district,973",
    );
    crate::catalogue::replace(
        &mut files,
        "areas.csv",
        "973,973,Huyện Ngọc Hiển,district,96",
        "973,973,Huyện Ngọc Hiển,district,964",
    );
    insta::assert_snapshot!(problems(&files), @r#"
areas.csv:5: area "964" lies under itself: 964 -> 973 -> 964; correct the parents
areas.csv:5: area "964", a district, lies under "973", a district; name a parent of a level above
areas.csv:6: area "973", a district, lies under "964", a district; name a parent of a level above
"#);
}

#[test]
fn rule_17_transitions_fit_the_areas() {
    insta::assert_snapshot!(told("transitions.csv", &[
        ("95,96", "95,69"),
        ("95,96,2025-07-01", "95,96,2024-07-01"),
        ("95,96,2025-07-01,whole", "95,96,2025-07-01,all"),
        ("95,96,2025-07-01,whole", "95,95,2025-07-01,whole"),
        ("31813,31813.2025,2025-07-01", "31813,954,2025-07-01"),
        ("31999,32002,2024-12-01,part", "31999,32002,2003-12-01,part"),
        ("31999,32002,2024-12-01,part", "31999,32002.2025,2024-12-01,part"),
        ("31999,32002,2024-12-01,part", "31999,32244.2025,2025-07-01,part"),
        ("31999,32002,2024-12-01,part", "31999,32002.2025,2025-07-01,whole"),
    ]), @r#"
transitions.csv:2: there is no area "69"; define it, or name a defined area
transitions.csv:2: all of area "95" goes into "96" on 2024-07-01, but it ends on 2025-07-01; date the transition with the area's valid_to, or write "part"
transitions.csv:2: "extent" is "all"; write "whole" or "part"
transitions.csv:2: area "95" goes into itself; name the area that it went into
transitions.csv:3: area "31813" goes into "954" on 2025-07-01, when "954" does not exist; date the transition within the validity of the area that receives
transitions.csv:8: a part of area "31999" goes into "32002" on 2003-12-01, before which it does not exist; date the transition within the area's validity
transitions.csv:8: area "31999" goes into "32002" on 2003-12-01, when "32002" does not exist; date the transition within the validity of the area that receives
transitions.csv:8: area "31999" goes into "32002.2025" on 2024-12-01, when "32002.2025" does not exist; date the transition within the validity of the area that receives
transitions.csv:8: all of area "31999" goes elsewhere on 2025-07-01 as well; write "part" in each of its lines, or keep one
transitions.csv:8: area "31999" goes into "32002.2025" on 2025-07-01 twice; keep one of the lines
"#);
}

#[test]
fn rule_17_weights_are_named_shares() {
    insta::assert_snapshot!(told("transitions.csv", &[
        ("0.75", "1.75"),
        ("0.75", "-0.75"),
        ("0.75", "most"),
        ("0.75", "3/0"),
        ("0.75", "13000/12000"),
        ("0.25", "0.26"),
        ("0.25", "3120/12000"),
        ("0.75,\"inhabitants, resolution 1252\"", "0.75,"),
        ("0.75,", ","),
        ("95,96,2025-07-01,whole,,", "95,96,2025-07-01,whole,1,all"),
    ]), @r#"
transitions.csv:5: "weight" is "1.75"; write a share from 0 to 1, such as 0.25, or the two numbers that it comes from, such as 146/12000
transitions.csv:5: "weight" is "-0.75"; write a share from 0 to 1, such as 0.25, or the two numbers that it comes from, such as 146/12000
transitions.csv:5: "weight" is "most"; write a share from 0 to 1, such as 0.25, or the two numbers that it comes from, such as 146/12000
transitions.csv:5: "weight" is "3/0"; write a share from 0 to 1, such as 0.25, or the two numbers that it comes from, such as 146/12000
transitions.csv:5: "weight" is "13000/12000"; write a share from 0 to 1, such as 0.25, or the two numbers that it comes from, such as 146/12000
transitions.csv:6: the parts of area "32002" on 2025-07-01 have weights of 1.0100 together; give shares of at most 1 in sum
transitions.csv:6: the parts of area "32002" on 2025-07-01 have weights of 1.0100 together; give shares of at most 1 in sum
transitions.csv:5: "weight" stands without "weight_source"; write what it is a share of and who says so
transitions.csv:5: "weight_source" stands without a weight; write the weight, or leave it out
transitions.csv:2: a whole area has a weight; leave the weight out, or write "part"
"#);
    let without_weights = "from_area,to_area,date,extent\n95,96,2025-07-01,whole\n";
    let mut files = crate::catalogue::files();
    files.insert("transitions.csv", without_weights);
    crate::catalogue::load(&files);
}

#[test]
fn rule_17_a_weight_may_be_given_as_the_numbers_that_were_published() {
    let files = crate::catalogue::with("transitions.csv", "part,0.75,", "part,9000/12000,");
    let catalog = crate::catalogue::load(&files);
    let moved = catalog.transitions().iter().find_map(|one| match &one.extent {
        Extent::Part(Some(weight)) if one.to.as_str() == "32002.2025" => Some(weight.share.clone()),
        _ => None,
    });
    let share = moved.unwrap();
    assert_eq!(share.to_string(), "9000/12000");
    assert_eq!(share.exact().to_decimal_string(2), "0.75");
}
