"""Addresses of the console."""

from django.urls import path

from moderation.console import (
    board,
    case,
    deciding,
    deliveries,
    drafts,
    foresights,
    history,
    holding,
    keyword_lists,
    queues,
    translated,
)

urlpatterns = [
    path("", board.board, name="board"),
    path("board/figures/", board.board_figures, name="board-figures"),
    path("next/", holding.next_case, name="next-case"),
    path("history/", history.history, name="history"),
    path("cases/<int:case_id>/", case.case_page, name="case"),
    path("cases/<int:case_id>/options/", case.options, name="case-options"),
    path("cases/<int:case_id>/preview/", case.preview, name="statement-preview"),
    path("cases/<int:case_id>/translation/", translated.case_translation, name="case-translation"),
    path("cases/<int:case_id>/draft/", drafts.save_draft, name="case-draft"),
    path("cases/<int:case_id>/heartbeat/", holding.heartbeat, name="heartbeat"),
    path("cases/<int:case_id>/claim/", holding.claim_case, name="claim-case"),
    path("cases/<int:case_id>/release/", holding.release_case, name="release-case"),
    path("cases/<int:case_id>/skip/", holding.skip_case, name="skip-case"),
    path("cases/<int:case_id>/decide/", deciding.decide_case, name="decide-case"),
    path("cases/<int:case_id>/escalate/", deciding.escalate_case, name="escalate-case"),
    path("cases/<int:case_id>/language/", deciding.set_case_language, name="set-case-language"),
    path("keyword-lists/", keyword_lists.keyword_lists, name="keyword-lists"),
    path("keyword-lists/new/", keyword_lists.new_keyword_list, name="new-keyword-list"),
    path("keyword-lists/<int:list_id>/", keyword_lists.keyword_list, name="keyword-list"),
    path("queues/", queues.queues, name="queues"),
    path("queues/new/", queues.new_queue, name="new-queue"),
    path("queues/<int:queue_id>/", queues.queue, name="queue"),
    path("queues/<int:queue_id>/pause/", queues.pause_queue, name="pause-queue"),
    path("foresights/", foresights.foresights, name="foresights"),
    path("foresights/start/", foresights.start_foresight, name="start-foresight"),
    path("foresights/<int:foresight_id>/", foresights.foresight, name="foresight"),
    path("deliveries/", deliveries.deliveries, name="deliveries"),
    path("deliveries/<int:message_id>/replay/", deliveries.replay_delivery, name="replay-delivery"),
    path("deliveries/endpoints/<int:endpoint_id>/", deliveries.switch_endpoint, name="switch-endpoint"),
]
