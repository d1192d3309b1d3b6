/** What a person hears before DICOM files are sent. */
export const PATIENT_DATA = 'DICOM files hold patient data: whoever may open the dataset sees it, and encord-sync removes nothing from them'
