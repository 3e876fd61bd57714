"""The 4D-Humans engine: ViTDet finds people, HMR 2.0 gives each a SMPL body, PHALP says who is who."""
