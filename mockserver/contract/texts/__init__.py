"""What a text of a request says besides its words: references to what was sent, the shots of a film, and
pictures in Base64.
"""
