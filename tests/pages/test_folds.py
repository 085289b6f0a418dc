"""What was typed into a form of a fold survives the closing of the fold."""


def test_a_form_stays_drawn_while_its_fold_is_closed_again(open_app):
    app = open_app("weekly_review", "loaded", "en")
    before = len(app.text_input) + len(app.text_area)
    app.session_state["own_decision"] = True
    app.run()
    opened = len(app.text_input) + len(app.text_area)
    assert opened > before
    app.session_state["own_decision"] = False
    app.run()
    assert len(app.text_input) + len(app.text_area) == opened
    app.switch_page("pages/glossary.py").run()
    app.switch_page("pages/weekly_review.py").run()
    assert len(app.text_input) + len(app.text_area) == before
