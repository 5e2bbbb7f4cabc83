"""Pictures drawn from words by plain rules: no model, the same words give the same picture.

`scene` reads what a prompt says, `shapes` and `lettering` draw, `picture` puts it together, `colours` names colours,
`looking` says what can truly be said of a picture. All but `scene` and `colours` need Pillow, so nothing here is
imported before a picture is asked for.
"""
