"""What the program must survive, item by item, and the tests that try it on SQLite and on PostgreSQL."""

ITEMS: dict[str, tuple[str, ...]] = {
    "ids 0 and negative": ("test_keys_and_links.py::test_account_keys_zero_and_negative_are_people",),
    "the id ''": ("test_keys_and_links.py::test_an_empty_text_may_be_an_account_key_and_is_nobody_elses",),
    "a composite key with a zero part": (
        "test_keys_and_links.py::test_a_composite_key_with_a_zero_part_touches_no_other_row",
        "test_forms.py::test_empty_and_zero_parts_are_values",
    ),
    "NULL links": ("test_keys_and_links.py::test_links_that_are_empty_lead_to_nobody",),
    "a subject with nothing": (
        "test_keys_and_links.py::test_somebody_with_an_account_and_nothing_else_is_erased",
        "test_keys_and_links.py::test_nobody_is_found_by_identifiers_that_nobody_has",
    ),
    "two subjects sharing an address row": (
        "test_keys_and_links.py::test_an_address_of_two_people_stays_until_only_one_of_them_has_it",
        "test_held_people.py::test_the_part_of_a_shared_record_stays_while_it_is_held_for_one_of_them",
    ),
    "a third party's record on a followed link": (
        "test_keys_and_links.py::test_a_third_partys_record_on_a_followed_link_is_neither_exported_nor_touched",
    ),
    "self-referencing links": ("test_keys_and_links.py::test_self_references_and_cycles_end",),
    "cyclic links": (
        "test_keys_and_links.py::test_two_tables_that_refer_to_each_other_in_a_circle_are_erased",
        "test_keys_and_links.py::test_what_two_people_share_in_a_circle_of_links_goes_when_both_are_asked_for",
        "test_circles.py::test_a_circle_that_no_order_deletes_is_emptied_and_named_in_the_plan",
        "test_lost_records.py::test_a_circle_through_two_stores_leaves_nothing_behind_in_either",
        "test_lost_records.py::test_records_of_two_rules_that_cannot_be_cut_apart_are_named_in_the_plan",
    ),
    "a table with no primary key": ("test_keys_and_links.py::test_a_table_without_a_primary_key_is_erased_too",),
    "retained children under a deleted parent": (
        "test_keys_and_links.py::test_kept_children_keep_their_parent_as_an_empty_shell",
    ),
    "a cascade of the database that reaches retained or held children": (
        "test_keys_and_links.py::test_a_cascade_of_the_database_never_reaches_what_is_retained_or_held",
    ),
    "NOT NULL on every rewrite": (
        "test_limits.py::test_a_column_that_must_not_be_empty_takes_a_blank_of_its_type",
        "test_limits.py::test_a_field_of_another_rule_leaves_a_record_that_stays",
    ),
    "UNIQUE on every rewrite": (
        "test_limits.py::test_two_people_erased_at_once_get_different_unique_marks",
        "test_limits.py::test_a_column_that_cannot_be_blanked_makes_the_plan_incomplete",
    ),
    "length and type limits on every rewrite": (
        "test_limits.py::test_a_fixed_text_that_the_column_cannot_hold_is_refused_by_the_plan",
        "test_limits.py::test_a_limit_that_only_the_database_knows_stops_the_step_and_nothing_else",
    ),
    "one table with two rules": (
        "test_limits.py::test_one_table_with_two_rules_keeps_and_deletes_by_row",
        "test_limits.py::test_rows_that_no_entry_takes_are_reported_and_left",
    ),
    "epoch-second timestamps": ("test_time.py::test_epoch_numbers_end_with_the_controllers_day",),
    "naive local timestamps": (
        "test_time.py::test_naive_times_are_read_in_the_stores_zone_and_end_in_the_controllers",
    ),
    "a missing and a future start date": (
        "test_time.py::test_missing_and_future_dates_are_kept_and_reported_and_never_is_kept",
        "test_time.py::test_a_duty_without_a_start_date_keeps_the_record_and_says_so",
    ),
    "a leap day": ("test_time.py::test_a_note_of_a_leap_day_is_kept_a_whole_year",),
    "a DST change": (
        "test_time.py::test_a_period_over_a_clock_change_ends_at_local_midnight",
        "test_time.py::test_a_time_that_two_clocks_could_have_shown_is_read_at_its_latest",
    ),
    "Asia/Shanghai against UTC": ("test_time.py::test_the_day_ends_at_midnight_in_shanghai_not_in_utc",),
    "200,000 keys crossing from one store to another": (
        "test_keys_and_links.py::test_two_hundred_thousand_keys_cross_from_one_store_to_another",
    ),
    "a hold placed between plan and apply": (
        "test_by_command.py::test_what_changed_since_the_plan_ends_apply_with_9",
        "test_meanwhile.py::test_a_hold_placed_between_plan_and_apply_makes_the_plan_stale",
    ),
    "a hold placed between two batches": (
        "test_middle_by_command.py::test_a_hold_placed_between_two_batches_stops_the_command",
        "test_meanwhile.py::test_a_hold_placed_between_two_batches_keeps_everything_that_is_still_there",
    ),
    "a policy edited between plan and apply": (
        "test_by_command.py::test_what_changed_since_the_plan_ends_apply_with_9",
        "test_meanwhile.py::test_a_policy_edited_between_plan_and_apply_makes_the_plan_stale",
    ),
    "a column added between plan and apply": (
        "test_by_command.py::test_what_changed_since_the_plan_ends_apply_with_9",
        "test_meanwhile.py::test_a_column_added_between_plan_and_apply_makes_the_plan_stale",
    ),
    "a store unreachable at plan": (
        "test_by_command.py::test_a_store_that_is_away_at_plan_or_apply_ends_with_75_and_is_tried_again",
        "test_unreachable.py::test_a_store_lost_at_the_plan_is_named_and_the_account_waits_for_it",
    ),
    "a store unreachable at apply": (
        "test_by_command.py::test_a_store_that_is_away_at_plan_or_apply_ends_with_75_and_is_tried_again",
        "test_unreachable.py::test_a_store_lost_at_apply_means_that_nothing_is_done",
    ),
    "a store unreachable in the middle": (
        "test_middle_by_command.py::test_a_store_lost_in_the_middle_of_a_command_is_finished_by_resume",
        "test_unreachable.py::test_a_store_lost_in_the_middle_is_finished_by_resume",
    ),
    "hostile values in export": ("test_by_command.py::test_hostile_values_are_values_in_an_export",),
    "hostile values on screen": ("test_by_command.py::test_hostile_values_are_text_on_the_screen",),
    "disk full while exporting": (
        "test_by_command.py::test_a_disk_that_fills_up_while_exporting_leaves_nothing_half_written",
    ),
    "identity stop nodes": ("test_keys_and_links.py::test_an_identifier_that_several_people_share_is_not_followed",),
    "bad input of any kind": (
        "test_bad_input.py::test_bad_input_is_refused_with_a_message_and_its_exit_code",
        "test_bad_input.py::test_a_bad_policy_file_is_refused_and_nothing_is_done",
        "test_bad_input.py::test_a_state_database_that_is_none_is_refused_and_left_as_it_is",
    ),
    "personal data never in messages, logs or tracebacks": (
        "test_canary.py::test_a_whole_story_leaves_no_trace_of_the_person",
        "test_canary.py::test_no_mistake_at_the_command_line_repeats_what_was_typed",
        "test_canary.py::test_no_outage_says_whose_data_was_at_hand",
    ),
    "the end of the process at any moment": (
        "test_killed.py::test_a_process_killed_at_any_commit_loses_nothing_and_ends_the_same",
    ),
}
